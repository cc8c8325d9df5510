import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, StartupError } from '@techno/kernel';
import type { Command } from 'commander';
import { type BackupConfig, backupConfig, type BackupFlags, fromCaller } from '../../backup/config.ts';
import { type Backup, type BackupSource, createBackup } from '../../backup/create.ts';
import { recipientsOf } from '../../backup/key.ts';
import { withInfrastructure } from '../../backup/offline.ts';
import { launcherConfig } from '../../launcher/config.ts';
import { homeAt } from '../../launcher/home.ts';
import { type Progress, progressOn } from '../../launcher/progress.ts';
import { readStack } from '../../launcher/stack-file.ts';
import { EXIT } from '../exit-codes.ts';
import { sizeOf } from '../print.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

interface Flags extends CommonFlags, BackupFlags {
  readonly to?: string;
  readonly keep?: string;
}

const SUFFIX = '.tar.gz.age';

export function backupVerb(program: Command): void {
  const verb = withCommonOptions(program.command('backup'))
    .description('back up Postgres and the streams of JetStream into one sealed file, while everything runs')
    .option('--to <path>', 'file, or folder (default: backups/ in the folder of the stack)')
    .option('--keep <count>', 'of the backups in that folder, remove all but the newest')
    .option('--key <file>', 'key to seal it for (TECHNO_BACKUP_KEY_FILE; default: ~/.config/techno/backup.key)')
    .option('--recipient <age1…...>', 'public keys to seal it for instead (TECHNO_BACKUP_RECIPIENT)')
    .addHelpText(
      'after',
      `\nReads the running stack, or starts Postgres and NATS of a stopped one for as long as it takes. With DATABASE_URL and
NATS_URL: an operated system, whose secrets are kept elsewhere. \`age -d -i KEY FILE | tar xz\` opens a backup without this program.`,
    )
    .action(async (flags: Flags) => {
      const config = backupConfig(flags);
      const began = performance.now();
      const progress = progressOn(process.stderr);
      const { recipients, made } = await recipientsOf(config);
      if (made !== undefined) {
        progress.note(
          `A key was made: ${made}\nKeep a copy of it elsewhere. Whoever has it opens the backups; without it nobody does.`,
        );
      }
      const file = await fileFor(config, flags.to);
      const backup = await withSource(config, progress, (source) => createBackup(source, { file, recipients }, progress));
      const removed = flags.keep === undefined ? [] : await removeOld(path.dirname(file), Number(flags.keep));
      const seconds = (performance.now() - began) / 1_000;
      show(flags, { ...summary(backup), seconds, removed }, () => inWords(backup, seconds, removed));
      if (!backup.manifest.postgres.auditTrail.ok) process.exitCode = EXIT.failed;
    });
  examples(verb, 'npm run backup', 'npm run backup -- --to /mnt/backups --keep 96', 'npm run backup -- --recipient age1…');
}

/** A running stack, a stopped one, or an operated system. */
async function withSource(
  config: BackupConfig,
  progress: Progress,
  work: (source: BackupSource) => Promise<Backup>,
): Promise<Backup> {
  const { databaseUrl, natsUrl } = config;
  if (databaseUrl !== undefined && natsUrl !== undefined) return work({ postgres: databaseUrl, nats: natsUrl });
  const home = homeAt(config.home);
  const running = readStack(home.stack);
  const secrets = await readFile(home.secrets).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new StartupError(
      'NOT_RUNNING',
      `there is no stack in ${home.dir}`,
      "Start one ('npm start'), or name its folder with --home.",
    );
  });
  if (running !== undefined) return work({ postgres: running.postgres, nats: running.nats, secrets });
  progress.note('The stack does not run: its Postgres and NATS are started for the backup.');
  return withInfrastructure(launcherConfig({ home: config.home }), progress, ({ postgres, nats }) =>
    work({ postgres, nats, secrets }),
  );
}

async function fileFor({ home }: BackupConfig, to: string | undefined): Promise<string> {
  const wanted = to === undefined ? path.join(home, 'backups') : fromCaller(to);
  if (wanted.endsWith(SUFFIX)) {
    await mkdir(path.dirname(wanted), { recursive: true });
    return wanted;
  }
  await mkdir(wanted, { recursive: true, mode: 0o700 });
  return path.join(wanted, `techno-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}${SUFFIX}`);
}

/** Oldest first by name, which begins with the time. */
async function removeOld(folder: string, keep: number): Promise<string[]> {
  if (!Number.isInteger(keep) || keep < 1)
    throw new StartupError('CONFIG_INVALID', '--keep is no number from 1 on', 'For example --keep 96.');
  const names = (await readdir(folder)).filter((name) => /^techno-\d{8}T\d{6}Z/.test(name) && name.endsWith(SUFFIX)).sort();
  const old = names.slice(0, Math.max(0, names.length - keep));
  for (const name of old) for (const file of [name, `${name}.sha256`]) await rm(path.join(folder, file), { force: true });
  return old;
}

function summary({ file, bytes, sha256, manifest }: Backup) {
  const { postgres, streams, takenAt, secrets } = manifest;
  return {
    file,
    bytes,
    sha256,
    takenAt,
    tables: postgres.tables.length,
    rows: postgres.tables.reduce((sum, { rows }) => sum + rows, 0),
    streams: Object.fromEntries(streams.map(({ name, position }) => [name, position.messages])),
    auditTrail: postgres.auditTrail,
    secrets,
  };
}

function inWords(backup: Backup, seconds: number, removed: readonly string[]): string {
  const { file, bytes, sha256, tables, rows, streams, auditTrail, secrets } = summary(backup);
  const messages = Object.values(streams).reduce((sum, count) => sum + count, 0);
  return [
    `Backed up in ${seconds.toFixed(1)} s: ${file} (${sizeOf(bytes)})`,
    `  Postgres   ${tables} tables, ${rows} rows`,
    `  JetStream  ${Object.keys(streams).length} streams, ${messages} messages, with the positions of their consumers`,
    `  Trail      ${auditTrail.ok ? `holds: ${auditTrail.rows} rows, head ${auditTrail.head}` : `IS BROKEN: ${auditTrail.detail}`}`,
    ...(secrets ? ['  Secrets    those of this stack, sealed with the rest'] : []),
    `  SHA-256    ${sha256}`,
    ...(removed.length === 0 ? [] : [`Removed ${removed.join(', ')}.`]),
    `Check it: npm run verify-backup -- '${file}'`,
  ].join('\n');
}
