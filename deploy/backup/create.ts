import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { connectBus, positionOf, snapshotStream, streamNames, type StreamDescription } from '@techno/jetstream';
import { type Clock, rfc3339, systemClock } from '@techno/kernel';
import { digesting, snapshotDatabase, type TableDigest, type TableShape, verifyAuditCopy } from '@techno/storage';
import type { Progress } from '../launcher/progress.ts';
import { type ArchiveWriter, type Written, writeArchive } from './archive/archive.ts';
import { ENTRY, type Manifest, type StreamEntry } from './manifest.ts';

export interface BackupSource {
  /** Of a role that may read everything. */
  readonly postgres: string;
  /** The operator's. */
  readonly nats: string;
  /** `secrets.json` of an embedded stack: without it the restored keys and webhook secrets could not be read. */
  readonly secrets?: Buffer | undefined;
}

export interface Backup extends Written {
  readonly manifest: Manifest;
}

/**
 * Backs up a running system without stopping it. The streams come first: what a stream holds was on record before it was
 * published, and what was settled was on record before that. So the database, taken after them, knows every action in the
 * streams, and nothing that a consumer has behind it is missing from the record.
 * @throws StartupError POSTGRES_UNREACHABLE, NATS_UNREACHABLE
 */
export async function createBackup(
  source: BackupSource,
  to: { file: string; recipients: readonly string[] },
  progress: Progress,
  clock: Clock = systemClock,
): Promise<Backup> {
  let manifest: Manifest | undefined;
  const written = await writeArchive(to.file, to.recipients, new Date(clock.now()), async (archive) => {
    const streams = await progress.step('Streams of JetStream', () => allStreams(source.nats, archive));
    const database = await progress.step('Tables of Postgres', () => wholeDatabase(source.postgres, archive, clock));
    if (source.secrets !== undefined) await archive.add({ name: ENTRY.secrets, data: source.secrets });
    manifest = { format: 1, ...database, streams, secrets: source.secrets !== undefined };
    await archive.add({ name: ENTRY.manifest, data: Buffer.from(JSON.stringify(manifest, null, 1)) });
  });
  return { ...written, manifest: manifest as Manifest };
}

async function allStreams(url: string, archive: ArchiveWriter): Promise<StreamEntry[]> {
  const bus = await connectBus({ url, name: 'techno-backup' });
  try {
    const entries: StreamEntry[] = [];
    for (const name of await streamNames(bus)) {
      const position = await positionOf(bus, name);
      const hash = createHash('sha256');
      let bytes = 0;
      const data = new PassThrough();
      const stored = archive.addParts(ENTRY.stream(name), data);
      // Awaited below; it must not be unheard if the snapshot fails first.
      stored.catch((error: unknown) => data.destroy(error as Error));
      let description: StreamDescription;
      try {
        description = await snapshotStream(bus, name, async (chunk) => {
          hash.update(chunk);
          bytes += chunk.length;
          await new Promise<void>((resolve, reject) =>
            data.write(Buffer.from(chunk), (error) => (error ? reject(error) : resolve())),
          );
        });
      } finally {
        data.end();
      }
      await stored;
      entries.push({ name, position, description, bytes, sha256: hash.digest('hex') });
    }
    return entries;
  } finally {
    await bus.close();
  }
}

async function wholeDatabase(url: string, archive: ArchiveWriter, clock: Clock): Promise<Pick<Manifest, 'takenAt' | 'postgres'>> {
  return snapshotDatabase(url, async (snapshot) => {
    const takenAt = rfc3339(clock.now());
    const trail = verifyAuditCopy();
    const tables: (TableShape & TableDigest)[] = [];
    for (const table of snapshot.tables) {
      const digest = digesting();
      await archive.addParts(
        ENTRY.table(table.name),
        passing(snapshot.rows(table), (chunk) => {
          digest.add(chunk);
          trail.add(table.name, chunk);
        }),
      );
      tables.push({ ...table, ...digest.digest() });
    }
    const { serverVersion, migrations, sequences } = snapshot;
    return { takenAt, postgres: { serverVersion, migrations, tables, sequences, auditTrail: trail.verdict() } };
  });
}

async function* passing(data: AsyncIterable<Buffer>, look: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of data) {
    look(chunk);
    yield chunk;
  }
}
