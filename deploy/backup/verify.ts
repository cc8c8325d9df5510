import { createHash, type Hash } from 'node:crypto';
import { StartupError } from '@techno/kernel';
import { digesting, verifyAuditCopy } from '@techno/storage';
import { readArchive } from './archive/archive.ts';
import { ENTRY, type Manifest, parseManifest } from './manifest.ts';

export interface Verified {
  readonly manifest: Manifest;
  readonly rows: number;
  /** Unpacked. */
  readonly bytes: number;
}

/**
 * Reads a backup from end to end, without any stack: every chunk must carry its tag, every table and stream must add up to
 * what the manifest says, and the audit trail in it must hold.
 * @throws StartupError BACKUP_UNREADABLE, BACKUP_FORMAT, BACKUP_DAMAGED, AUDIT_BROKEN
 */
export async function verifyBackup(file: string, identity: string): Promise<Verified> {
  const tables = new Map<string, ReturnType<typeof digesting>>();
  const streams = new Map<string, Hash>();
  const trail = verifyAuditCopy();
  let manifest: Manifest | undefined;
  let bytes = 0;
  for await (const { name, data } of readArchive(file, identity)) {
    bytes += data.length;
    const [kind, thing = ''] = name.split('/');
    if (name === ENTRY.manifest) manifest = parseManifest(data);
    if (kind === 'postgres') {
      madeOnce(tables, thing, digesting).add(data);
      trail.add(thing, data);
    }
    if (kind === 'nats') madeOnce(streams, thing, () => createHash('sha256')).update(data);
  }
  if (manifest === undefined) throw damaged(file, 'it has no manifest');
  for (const table of manifest.postgres.tables) {
    const found = tables.get(table.name)?.digest();
    if (found?.sha256 !== table.sha256) throw damaged(file, `table ${table.name} does not add up`);
  }
  for (const stream of manifest.streams) {
    const found = (streams.get(stream.name) ?? createHash('sha256')).digest('hex');
    if (found !== stream.sha256) throw damaged(file, `stream ${stream.name} does not add up`);
  }
  const verdict = trail.verdict();
  if (!verdict.ok) {
    throw new StartupError(
      'AUDIT_BROKEN',
      `the audit trail in the backup does not hold: row ${verdict.seq} was ${verdict.problem} (${verdict.detail})`,
      'Take a backup from before that; docs/runbooks/disaster-recovery.md says what to do where there is none.',
    );
  }
  return { manifest, bytes, rows: manifest.postgres.tables.reduce((sum, { rows }) => sum + rows, 0) };
}

function madeOnce<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function damaged(file: string, why: string): StartupError {
  return new StartupError('BACKUP_DAMAGED', `${file} is damaged: ${why}`, 'Take another copy, or an older backup.');
}
