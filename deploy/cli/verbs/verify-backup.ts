import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { StartupError } from '@techno/kernel';
import type { Command } from 'commander';
import { backupConfig, type BackupFlags, fromCaller } from '../../backup/config.ts';
import { identityOf } from '../../backup/key.ts';
import { verifyBackup } from '../../backup/verify.ts';
import { progressOn } from '../../launcher/progress.ts';
import { sizeOf, table } from '../print.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

export function verifyBackupVerb(program: Command): void {
  const verb = withCommonOptions(program.command('verify-backup'))
    .description('read a backup from end to end and check everything in it, without any stack')
    .argument('<file>', 'what backup wrote')
    .option('--key <file>', 'the key it was sealed for (TECHNO_BACKUP_KEY_FILE; default: ~/.config/techno/backup.key)')
    .action(async (given: string, flags: CommonFlags & BackupFlags) => {
      const file = fromCaller(given);
      const progress = progressOn(process.stderr);
      const identity = await identityOf(backupConfig(flags));
      const sum = await progress.step('Checksum of the file', () => checkSum(file));
      const { manifest, rows, bytes } = await progress.step('Every table, every stream, the audit trail', () =>
        verifyBackup(file, identity),
      );
      const { postgres, streams, takenAt, secrets } = manifest;
      const found = {
        ok: true,
        file,
        sha256: sum,
        takenAt,
        rows,
        bytes,
        postgres,
        streams: streams.map(({ description: _, ...rest }) => rest),
        secrets,
      };
      show(flags, found, () =>
        [
          `The backup of ${takenAt} holds: ${rows} rows and ${streams.length} streams, ${sizeOf(bytes)} unpacked.`,
          '',
          table(
            [
              ...postgres.tables
                .filter((one) => one.rows > 0)
                .map(({ name, rows: count, sha256 }) => ({ what: name, count, sha256 })),
              ...streams.map(({ name, position, sha256 }) => ({ what: name, count: position.messages, sha256 })),
            ],
            ['what', 'count', 'sha256'],
          ),
          '',
          postgres.auditTrail.ok
            ? `The audit trail holds: ${postgres.auditTrail.rows} rows, head ${postgres.auditTrail.head}.`
            : '',
        ].join('\n'),
      );
    });
  examples(verb, 'npm run verify-backup -- .techno/backups/techno-20261121T130139Z.tar.gz.age');
}

/** Against the sum beside it, where there is one. @throws StartupError FILE_UNREADABLE, BACKUP_DAMAGED */
async function checkSum(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash).catch((cause: unknown) => {
    throw new StartupError('FILE_UNREADABLE', `${file} cannot be read`, 'Name the file that backup wrote.', { cause });
  });
  const sum = hash.digest('hex');
  const stated = (await readFile(`${file}.sha256`, 'utf8').catch(() => sum)).split(/\s/, 1)[0];
  if (stated === sum) return sum;
  throw new StartupError(
    'BACKUP_DAMAGED',
    `${file} does not have the sum that stands beside it`,
    'Take another copy, or an older backup.',
  );
}
