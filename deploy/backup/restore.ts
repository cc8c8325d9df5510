import { type Bus, connectBus, positionOf, removeEmptyStreams, restoreStream, type StreamPosition } from '@techno/jetstream';
import { StartupError } from '@techno/kernel';
import { assertEmptyDatabase, type DatabaseLoad, loadDatabase, migrate, migrateTo, verifyAuditTrail } from '@techno/storage';
import type { Progress } from '../launcher/progress.ts';
import { grouped } from './archive/grouped.ts';
import { readArchive } from './archive/archive.ts';
import { ENTRY, type Manifest, type StreamEntry } from './manifest.ts';

export interface RestoreTarget {
  /** Of a role that owns the database. */
  readonly postgres: string;
  /** The operator's. */
  readonly nats: string;
  readonly rolePasswords: Readonly<Record<string, string>>;
}

/** What was put back, read again from where it was put. */
export interface Restored {
  readonly takenAt: string;
  readonly tables: number;
  readonly rows: number;
  readonly streams: Readonly<Record<string, StreamPosition>>;
  readonly auditTrail: { readonly rows: number; readonly head: string };
  /** Actions that had not ended: the sweeper drives them. */
  readonly underWay: number;
  /** Effects among them that are not repeated, because their upstream could not know the repeat: they end as UNKNOWN. */
  readonly held: number;
}

/**
 * Puts a verified backup into an empty Postgres and an empty JetStream, and proves it: every table and every stream is read
 * back and compared, and the audit trail is walked. What fails on the way leaves both empty.
 * @throws StartupError DATABASE_NOT_EMPTY, DATABASE_IN_USE, STREAMS_NOT_EMPTY, SCHEMA_UNKNOWN, RESTORE_DIFFERS, …
 */
export async function restoreBackup(
  from: { file: string; identity: string; manifest: Manifest },
  target: RestoreTarget,
  progress: Progress,
): Promise<Restored> {
  const { manifest } = from;
  const bus = await connectBus({ url: target.nats, name: 'techno-restore' });
  try {
    await progress.step('Looking whether it is empty', async () => {
      await assertEmptyDatabase(target.postgres);
      await removeEmptyStreams(bus);
    });
    await progress.step('Schema of the backup', () => migrateTo(target.postgres, manifest.postgres.migrations));
    const inFlight = await fillOrUndo(bus, from, target, progress);
    await progress.step('Schema of this version', () => migrate({ adminUrl: target.postgres, roles: target.rolePasswords }));
    const trail = await progress.step('Walking the audit trail', () => verifyAuditTrail({ url: target.postgres }));
    const expected = manifest.postgres.auditTrail;
    if (!trail.ok || !expected.ok || trail.head !== expected.head) throw differs('the audit trail', expected, trail);
    return {
      takenAt: manifest.takenAt,
      tables: manifest.postgres.tables.length,
      rows: manifest.postgres.tables.reduce((sum, { rows }) => sum + rows, 0),
      streams: Object.fromEntries(
        await Promise.all(manifest.streams.map(async ({ name }) => [name, await positionOf(bus, name)] as const)),
      ),
      auditTrail: { rows: trail.rows, head: trail.head },
      ...inFlight,
    };
  } finally {
    await bus.close();
  }
}

async function fillOrUndo(
  bus: Bus,
  from: { file: string; identity: string; manifest: Manifest },
  target: RestoreTarget,
  progress: Progress,
): Promise<Pick<Restored, 'underWay' | 'held'>> {
  const put: string[] = [];
  try {
    return await progress.step('Streams and tables', () =>
      loadDatabase(target.postgres, from.manifest.postgres.migrations, async (load) => {
        await fill(bus, from, load, put);
        await compareTables(load, from.manifest);
        return load.holdInDoubt(new Date(from.manifest.takenAt));
      }),
    );
  } catch (error) {
    // The database has rolled back; the streams must not stay behind alone.
    for (const name of put) await bus.jsm.streams.delete(name).catch(() => false);
    throw error;
  }
}

async function fill(
  bus: Bus,
  { file, identity, manifest }: { file: string; identity: string; manifest: Manifest },
  load: DatabaseLoad,
  put: string[],
): Promise<void> {
  const tables = new Map(manifest.postgres.tables.map((table) => [ENTRY.table(table.name), table]));
  const streams = new Map(manifest.streams.map((stream) => [ENTRY.stream(stream.name), stream]));
  for await (const { folder, data } of grouped(readArchive(file, identity))) {
    const table = tables.get(folder);
    const stream = streams.get(folder);
    if (table !== undefined) await load.fill(table, data);
    if (stream !== undefined) {
      put.push(stream.name);
      await restoreStream(bus, stream.name, stream.description, data);
      assertCaughtUp(stream, await positionOf(bus, stream.name));
    }
  }
  for (const sequence of manifest.postgres.sequences) await load.setSequence(sequence);
}

async function compareTables(load: DatabaseLoad, manifest: Manifest): Promise<void> {
  for (const { name, columns, key, rows, sha256 } of manifest.postgres.tables) {
    const found = await load.digest({ name, columns, key });
    if (found.sha256 !== sha256) throw differs(`table ${name}`, { rows, sha256 }, found);
  }
}

/** A snapshot holds at least what was there when it began. */
function assertCaughtUp({ name, position }: StreamEntry, found: StreamPosition): void {
  const discarded = Math.max(0, found.firstSeq - position.firstSeq);
  const behind = Object.entries(position.settled).filter(([durable, seq]) => (found.settled[durable] ?? -1) < seq);
  if (found.lastSeq < position.lastSeq || found.messages < position.messages - discarded || behind.length > 0) {
    throw differs(`stream ${name}`, position, found);
  }
}

function differs(what: string, expected: unknown, found: unknown): StartupError {
  return new StartupError(
    'RESTORE_DIFFERS',
    `${what} is not what the backup holds: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`,
    'Nothing else may write there meanwhile. Empty it and restore again.',
  );
}
