import type { Command } from 'commander';
import { verifyAuditTrail } from '@techno/storage';
import { databaseUrl } from '../config.ts';
import { EXIT } from '../exit-codes.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

export function auditVerb(program: Command): void {
  const audit = program.command('audit').description('the audit trail');
  const verify = withCommonOptions(audit.command('verify'))
    .description('walk the whole chain of hashes; exit code 1 and the first bad row if it does not hold')
    .addHelpText('after', '\nReads Postgres directly: DATABASE_URL, or the one of the running stack.')
    .action(async (flags: CommonFlags) => {
      const verdict = await verifyAuditTrail({ url: databaseUrl(flags) });
      show(flags, verdict, (found) =>
        found.ok
          ? `The audit trail holds: ${found.rows} rows, head ${found.head}.`
          : `The audit trail is broken: row ${found.seq} was ${found.problem} (${found.detail}). ${found.rows} rows before it hold.`,
      );
      if (!verdict.ok) process.exitCode = EXIT.failed;
    });
  examples(verify, 'npm run audit:verify', 'npx techno audit verify --json');
}
