import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { removeCluster } from '@techno/embedded';
import { StartupError } from '@techno/kernel';
import type { Command } from 'commander';
import { readArchive } from '../../backup/archive/archive.ts';
import { type BackupConfig, backupConfig, type BackupFlags, fromCaller } from '../../backup/config.ts';
import { identityOf } from '../../backup/key.ts';
import { ENTRY, type Manifest } from '../../backup/manifest.ts';
import { withInfrastructure } from '../../backup/offline.ts';
import { restoreBackup, type Restored } from '../../backup/restore.ts';
import { verifyBackup } from '../../backup/verify.ts';
import { type LauncherConfig, launcherConfig, type StartFlags } from '../../launcher/config.ts';
import { type Home, homeAt, makeHome, ownedEntries } from '../../launcher/home.ts';
import { type Progress, progressOn } from '../../launcher/progress.ts';
import { start } from '../../launcher/start.ts';
import { summary } from '../../launcher/summary.ts';
import { writeAtomically } from '../../launcher/atomic-file.ts';
import { rolePasswords } from '../config.ts';
import { printJson, printLine } from '../print.ts';
import { type CommonFlags, examples, withCommonOptions } from '../verb.ts';

interface Flags extends CommonFlags, BackupFlags, StartFlags {
  readonly start?: boolean;
}

interface Source {
  readonly file: string;
  readonly identity: string;
  readonly manifest: Manifest;
}

export function restoreVerb(program: Command): void {
  const verb = withCommonOptions(program.command('restore'))
    .description('put a backup into an empty stack, and prove it')
    .argument('<file>', 'what backup wrote')
    .option('--key <file>', 'the key it was sealed for (TECHNO_BACKUP_KEY_FILE; default: ~/.config/techno/backup.key)')
    .option('--start', 'then start the stack, and say how long it took until it served')
    .addHelpText(
      'after',
      `\nThe folder of the stack must hold no data (another TECHNO_HOME, or after 'npm run reset'). With DATABASE_URL and NATS_URL:
an operated system, whose services are stopped; DATABASE_PASSWORD_<SERVICE> as for db migrate.`,
    )
    .action(async (given: string, flags: Flags) => {
      const began = performance.now();
      const sinceS = () => (performance.now() - began) / 1_000;
      const config = backupConfig(flags);
      const file = fromCaller(given);
      const progress = progressOn(process.stderr);
      const identity = await identityOf(config);
      const { manifest } = await progress.step('Verifying the backup', () => verifyBackup(file, identity));
      const restored = await into(config, { file, identity, manifest }, progress);
      const report = { ...restored, restoredInSeconds: sinceS() };
      if (flags.json !== true) printLine(inWords(report));
      if (flags.start !== true) {
        if (flags.json === true) printJson(report);
        return;
      }
      const launcher = launcherConfig(flags);
      await start(launcher, progress, (stack) => {
        const servesAfterSeconds = sinceS();
        if (flags.json === true) printJson({ ...report, servesAfterSeconds, stack });
        else
          printLine(
            `${summary(stack, launcher.home)}\nRTO: it serves ${servesAfterSeconds.toFixed(1)} s after the restore began.`,
          );
      });
    });
  examples(verb, 'TECHNO_HOME=/srv/techno npm run restore -- /mnt/backups/techno-20261121T130139Z.tar.gz.age --start');
}

async function into(config: BackupConfig, source: Source, progress: Progress): Promise<Restored> {
  const { databaseUrl, natsUrl } = config;
  if (databaseUrl !== undefined && natsUrl !== undefined) {
    return restoreBackup(source, { postgres: databaseUrl, nats: natsUrl, rolePasswords: rolePasswords() }, progress);
  }
  return intoHome(launcherConfig({ home: config.home }), source, progress);
}

/** What was begun and failed is taken away again, so that the folder is as empty as before. */
async function intoHome(config: LauncherConfig, source: Source, progress: Progress): Promise<Restored> {
  const home = homeAt(config.home);
  assertNoData(home);
  if (!source.manifest.secrets) {
    throw new StartupError(
      'BACKUP_WITHOUT_SECRETS',
      'the backup is that of an operated system: it holds no secrets for an embedded one',
      'Restore it with DATABASE_URL and NATS_URL into a system that has the same secrets.',
    );
  }
  makeHome(home);
  try {
    writeAtomically(home.secrets, JSON.parse((await secretsIn(source)).toString('utf8')));
    return await withInfrastructure(config, progress, (infrastructure) => restoreBackup(source, infrastructure, progress));
  } catch (error) {
    await removeCluster(home.postgres);
    for (const entry of ownedEntries(home)) await rm(entry, { recursive: true, force: true });
    throw error;
  }
}

function assertNoData(home: Home): void {
  const found = [home.stack, home.secrets, home.postgres, home.nats].filter((entry) => existsSync(entry));
  if (found.length === 0) return;
  throw new StartupError(
    'STACK_NOT_EMPTY',
    `${home.dir} holds the data of a stack already (${found.join(', ')})`,
    "A restore never mixes two pasts: choose another folder with TECHNO_HOME, or give up what is there ('npm run reset').",
  );
}

async function secretsIn({ file, identity }: Source): Promise<Buffer> {
  for await (const { name, data } of readArchive(file, identity)) if (name === ENTRY.secrets) return data;
  throw new StartupError('BACKUP_DAMAGED', `${file} has no secrets, though its manifest says so`, 'Take another copy.');
}

function inWords(report: Restored & { restoredInSeconds: number }): string {
  const { takenAt, tables, rows, streams, auditTrail, underWay, held, restoredInSeconds } = report;
  const messages = Object.values(streams).reduce((sum, stream) => sum + stream.messages, 0);
  return [
    `Restored the state of ${takenAt} in ${restoredInSeconds.toFixed(1)} s, read back and compared:`,
    `  Postgres   ${tables} tables, ${rows} rows: every table as in the backup`,
    `  JetStream  ${Object.keys(streams).length} streams, ${messages} messages: sequences and consumers where they were`,
    `  Trail      holds: ${auditTrail.rows} rows, head ${auditTrail.head}`,
    `  Under way  ${underWay} actions had not ended: the sweeper drives them when the services start`,
    ...(held === 0
      ? []
      : [`             ${held} effects among them may have happened and cannot be repeated safely: they end as UNKNOWN`]),
  ].join('\n');
}
