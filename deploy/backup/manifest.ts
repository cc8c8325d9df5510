import { StartupError } from '@techno/kernel';
import type { StreamDescription, StreamPosition } from '@techno/jetstream';
import type { AuditVerdict, SequenceState, TableDigest, TableShape } from '@techno/storage';

/** What is in a backup, and how it adds up. The last entry of the archive, sealed with it. */
export interface Manifest {
  readonly format: 1;
  /** RFC 3339: the moment as of which the database is. */
  readonly takenAt: string;
  readonly postgres: {
    readonly serverVersion: string;
    readonly migrations: readonly string[];
    readonly tables: readonly (TableShape & TableDigest)[];
    readonly sequences: readonly SequenceState[];
    /** Of the trail as it was backed up. A broken one is kept too, for whoever has to find out. */
    readonly auditTrail: AuditVerdict;
  };
  readonly streams: readonly StreamEntry[];
  /** Whether the secrets of an embedded stack are in it. */
  readonly secrets: boolean;
}

export interface StreamEntry {
  readonly name: string;
  /** As its snapshot began: what was published meanwhile may be in it as well. */
  readonly position: StreamPosition;
  readonly description: StreamDescription;
  readonly bytes: number;
  readonly sha256: string;
}

/** Names of the entries. Parts of one thing lie in one folder, in their order. */
export const ENTRY = {
  manifest: 'manifest.json',
  secrets: 'secrets.json',
  table: (name: string) => `postgres/${name}`,
  stream: (name: string) => `nats/${name}`,
} as const;

/** @throws StartupError BACKUP_FORMAT */
export function parseManifest(data: Buffer): Manifest {
  const manifest = JSON.parse(data.toString('utf8')) as { format: number };
  if (manifest.format === 1) return manifest as Manifest;
  throw new StartupError(
    'BACKUP_FORMAT',
    `the backup is of format ${manifest.format}, which this version does not know`,
    'Use the version it was made with, or a newer one.',
  );
}
