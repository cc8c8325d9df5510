import type { Command } from 'commander';
import { readJson } from '../json-file.ts';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

export function policyVerb(program: Command): void {
  const policy = program.command('policy').description('the policy: show, check, apply, history');

  const showing = withTargetOptions(policy.command('show'))
    .description('the policy in force, or an earlier revision')
    .option('--revision <n>', 'that revision')
    .option('--document', 'only the document, ready for `policy apply`')
    .action(async (flags: CommonFlags & { revision?: string; document?: boolean }) => {
      const query = flags.revision === undefined ? '' : `?revision=${encodeURIComponent(flags.revision)}`;
      const { body } = await client(flags, 'admin').call('GET', `/v1/policy${query}`);
      const answer = flags.document ? (body as { document: unknown }).document : body;
      show(flags, answer, (value) => JSON.stringify(value, null, 2));
    });
  examples(showing, 'npx techno policy show', 'npx techno policy show --document > policy.json');

  const check = withTargetOptions(policy.command('check'))
    .description('say whether a document could be applied, without applying it')
    .argument('<file>', 'a JSON file, or - for stdin')
    .action(async (file: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('PUT', '/v1/policy', {
        document: await readJson(file),
        note: 'check',
        dry_run: true,
      });
      show(flags, body, () => `${file} is a valid policy.`);
    });
  examples(check, 'npx techno policy check policy.json');

  const apply = withTargetOptions(policy.command('apply'))
    .description('put a document in force; every replica follows within a second')
    .argument('<file>', 'a JSON file, or - for stdin')
    .option('--note <text>', 'why, kept in the history', '')
    .option('--if-revision <n>', 'only if that revision is still in force')
    .action(async (file: string, flags: CommonFlags & { note: string; ifRevision?: string }) => {
      const { body } = await client(flags, 'admin').call('PUT', '/v1/policy', {
        document: await readJson(file),
        note: flags.note,
        ...(flags.ifRevision === undefined ? {} : { if_revision: Number(flags.ifRevision) }),
      });
      show(flags, body as { revision: number }, ({ revision }) => `Revision ${revision} is in force.`);
    });
  examples(
    apply,
    "npx techno policy apply policy.json --note 'open ask_model'",
    'npx techno policy apply policy.json --if-revision 4',
  );

  const history = withTargetOptions(policy.command('history'))
    .description('the revisions, newest first')
    .option('--limit <n>', 'how many', '20')
    .action(async (flags: CommonFlags & { limit: string }) => {
      const { body } = await client(flags, 'admin').call('GET', `/v1/policy/history?limit=${encodeURIComponent(flags.limit)}`);
      show(flags, body as { revisions: Record<string, unknown>[] }, ({ revisions }) =>
        table(revisions, ['revision', 'applied_at', 'applied_by', 'note']),
      );
    });
  examples(history, 'npx techno policy history');
}
