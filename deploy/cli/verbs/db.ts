import type { Command } from 'commander';
import { migrate, migrationStatus, rollback } from '@techno/storage';
import { databaseUrl, rolePasswords } from '../config.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

/**
 * Uses DATABASE_URL (of a role that owns the database), else the running stack's superuser. `migrate` also makes the
 * services' roles, with the passwords of DATABASE_PASSWORD_<SERVICE>.
 */
export function dbVerb(program: Command): void {
  const db = program.command('db').description('the schema: migrate, status, rollback');

  const up = withCommonOptions(db.command('migrate'))
    .description('apply what was not applied yet')
    .action(async (flags: CommonFlags) => {
      const result = await migrate({ adminUrl: databaseUrl(flags), roles: rolePasswords() });
      show(flags, result, ({ applied }) => (applied.length === 0 ? 'The schema is current.' : `Applied ${applied.join(', ')}.`));
    });
  examples(up, 'npx techno db migrate', 'DATABASE_URL=postgres://admin:…@db/techno npx techno db migrate');

  const status = withCommonOptions(db.command('status'))
    .description('what is applied and what waits')
    .action(async (flags: CommonFlags) => {
      const result = await migrationStatus(databaseUrl(flags));
      show(
        flags,
        result,
        ({ applied, pending }) => `applied: ${applied.join(', ') || 'none'}\npending: ${pending.join(', ') || 'none'}`,
      );
    });
  examples(status, 'npx techno db status');

  const down = withCommonOptions(db.command('rollback'))
    .description('take back the newest migration, with the data it holds')
    .action(async (flags: CommonFlags) => {
      const result = await rollback(databaseUrl(flags));
      show(flags, result, ({ reverted }) =>
        reverted.length === 0 ? 'There is nothing to take back.' : `Took back ${reverted.join(', ')}.`,
      );
    });
  examples(down, 'npx techno db rollback');
}
