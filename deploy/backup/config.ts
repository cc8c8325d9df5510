import os from 'node:os';
import path from 'node:path';
import { homeDir } from '../launcher/config.ts';

export interface BackupFlags {
  readonly home?: string;
  readonly key?: string;
  readonly recipient?: readonly string[];
}

export interface BackupConfig {
  /** Absolute: the stack's folder. */
  readonly home: string;
  /** Public keys; empty: that of the secret one. */
  readonly recipients: readonly string[];
  /** The secret key itself, where it is given. */
  readonly key: string | undefined;
  /** Where it is looked for otherwise. */
  readonly keyFile: string;
  /** An operated Postgres and NATS, instead of those of the embedded stack. */
  readonly databaseUrl: string | undefined;
  readonly natsUrl: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The only place here that reads the environment. */
export function backupConfig(flags: BackupFlags, env: Environment = process.env): BackupConfig {
  const configFolder = env['XDG_CONFIG_HOME'] || path.join(env['HOME'] || os.homedir(), '.config');
  const named = flags.key ?? (env['TECHNO_BACKUP_KEY_FILE'] || undefined);
  return {
    home: homeDir(flags.home, env),
    recipients: flags.recipient ?? (env['TECHNO_BACKUP_RECIPIENT'] ?? '').split(/[\s,]+/).filter(Boolean),
    key: named === undefined ? env['TECHNO_BACKUP_KEY'] || undefined : undefined,
    keyFile: named === undefined ? path.join(configFolder, 'techno', 'backup.key') : fromCaller(named, env),
    databaseUrl: env['DATABASE_URL'] || undefined,
    natsUrl: env['NATS_URL'] || undefined,
  };
}

/** A path as the caller meant it: npm scripts run at the root, whatever folder npm was called in. */
export function fromCaller(file: string, env: Environment = process.env): string {
  return path.resolve(env['INIT_CWD'] ?? process.cwd(), file);
}
