import { StartupError } from '@techno/kernel';
import type { Command } from 'commander';
import { readJson } from '../json-file.ts';
import { printJson, printLine, table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';
import { type Detail, detailText } from './dlq-detail.ts';
import { FILTERS, filterOf, type FilterFlags, queryOf, withFilterOptions } from './dlq-filter.ts';
import { dlqJobVerbs } from './dlq-jobs.ts';

interface Page {
  readonly dead_letters: readonly Record<string, unknown>[];
  readonly next?: number;
}

const COLUMNS = ['id', 'status', 'job_name', 'actor', 'error_code', 'retry_count', 'last_failure_at', 'error_message', 'reason'];

export function dlqVerb(program: Command): void {
  const dlq = program.command('dlq').description('dead letters: list, groups, show, replay, discard, export, purge; replay jobs');

  const listing = withFilterOptions(withTargetOptions(dlq.command('list')))
    .description('dead letters, newest first')
    .option('--limit <n>', 'how many', '20')
    .option('--cursor <cursor>', 'go on where an earlier page ended')
    .action(async (flags: CommonFlags & FilterFlags & { limit: string; cursor?: string }) => {
      const query = queryOf(flags, { limit: flags.limit, cursor: flags.cursor });
      const { body } = await client(flags, 'admin').call('GET', `/v1/dead-letters?${query}`);
      show(flags, body as Page, ({ dead_letters: rows, next }) => {
        const page = table(rows.map(shortened), COLUMNS);
        return next === undefined ? page : `${page}\n\nMore: --cursor ${next}`;
      });
    });
  examples(listing, 'npx techno dlq list', 'npx techno dlq list --status pending --code UPSTREAM_TIMEOUT --older-than 1h --json');

  const groups = withFilterOptions(withTargetOptions(dlq.command('groups')))
    .description('dead letters by cause: one line for each error signature')
    .action(async (flags: CommonFlags & FilterFlags) => {
      const { body } = await client(flags, 'admin').call('GET', `/v1/dead-letters/groups?${queryOf(flags)}`);
      show(flags, body as { groups: { sample: { error_message: string } }[] }, ({ groups: rows }) =>
        table(
          rows.map((row) => shortened({ ...row, error_message: row.sample.error_message })),
          ['signature', 'count', 'actor', 'error_code', 'first_seen', 'last_seen', 'error_message'],
        ),
      );
    });
  examples(groups, 'npx techno dlq groups', 'npx techno dlq groups --status pending --json');

  const one = withTargetOptions(dlq.command('show'))
    .description('one dead letter: payload, headers, every failure and what was done about it')
    .argument('<id>', 'its number')
    .action(async (id: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', `/v1/dead-letters/${encodeURIComponent(id)}`);
      show(flags, body as Detail, detailText);
    });
  examples(one, 'npx techno dlq show 42');

  const replay = withTargetOptions(dlq.command('replay'))
    .description('replay one; an action passes the gates again')
    .argument('<id>', 'its number')
    .option('--payload <file>', 'replay it with this JSON instead of what it held; - reads stdin')
    .option('--reopen', 'also if it was discarded')
    .action(async (id: string, flags: CommonFlags & { payload?: string; reopen?: boolean }) => {
      const edit = flags.payload === undefined ? {} : { payload: await readJson(flags.payload) };
      const asked = { ...edit, reopen: flags.reopen ?? false };
      const { body } = await client(flags, 'admin').call('POST', `/v1/dead-letters/${encodeURIComponent(id)}/replay`, asked);
      show(flags, body as { status: string }, ({ status }) => `Dead letter ${id} is ${status}.`);
    });
  examples(
    replay,
    'npx techno dlq replay 42',
    'npx techno dlq replay 42 --payload corrected.json',
    'npx techno dlq replay 42 --reopen',
  );

  const discard = withFilterOptions(withTargetOptions(dlq.command('discard')))
    .description('give up one, or all that a filter finds')
    .argument('[id]', 'its number; without one the filter counts')
    .requiredOption('--reason <text>', 'why; kept with it')
    .option('--all', 'everything that is pending or failed for good, where neither a number nor a filter is given')
    .option('--dry-run', 'only count what the filter finds')
    .action(
      async (id: string | undefined, flags: CommonFlags & FilterFlags & { reason: string; all?: boolean; dryRun?: boolean }) => {
        const filter = filterOf(flags);
        if (id === undefined && flags.all !== true && Object.keys(filter).length === 0)
          throw new StartupError('DISCARD_UNBOUNDED', 'this would discard everything', 'Give a number, a filter, or --all.');
        const path = id === undefined ? '/v1/dead-letters/discard' : `/v1/dead-letters/${encodeURIComponent(id)}/discard`;
        const { reason, dryRun = false } = flags;
        const asked = id === undefined ? { filter, reason, dry_run: dryRun } : { reason };
        const { body } = await client(flags, 'admin').call('POST', path, asked);
        show(flags, body as { count: number }, ({ count }) => (dryRun ? `${count} would be discarded.` : `Discarded ${count}.`));
      },
    );
  examples(
    discard,
    'npx techno dlq discard 42 --reason "sent by hand"',
    'npx techno dlq discard --signature 1f0c… --reason obsolete --dry-run',
  );

  const exporting = withFilterOptions(withTargetOptions(dlq.command('export')))
    .description('whole dead letters, oldest first, one JSON document a line (with --json: one list)')
    .action(async (flags: CommonFlags & FilterFlags) => {
      const gateway = client(flags, 'admin');
      const all: Record<string, unknown>[] = [];
      let cursor: number | undefined;
      do {
        const { body } = await gateway.call('GET', `/v1/dead-letters/export?${queryOf(flags, { cursor })}`);
        const page = body as Page;
        if (flags.json === true) all.push(...page.dead_letters);
        else for (const row of page.dead_letters) printLine(JSON.stringify(row));
        cursor = page.next;
      } while (cursor !== undefined);
      if (flags.json === true) printJson(all);
    });
  examples(exporting, 'npx techno dlq export --status pending > dead-letters.ndjson');

  const purge = withTargetOptions(dlq.command('purge'))
    .description('delete what was dealt with before a time')
    .requiredOption('--status <status>', 'replayed, discarded or permanent_failure')
    .requiredOption('--older-than <age>', 'such as 30d, 12h, 90m', FILTERS.age)
    .option('--dry-run', 'only count')
    .action(async (flags: CommonFlags & { status: string; olderThan: string; dryRun?: boolean }) => {
      const { status, olderThan, dryRun = false } = flags;
      const asked = { status, older_than: olderThan, dry_run: dryRun };
      const { body } = await client(flags, 'admin').call('POST', '/v1/dead-letters/purge', asked);
      show(flags, body as { count: number }, ({ count }) => (dryRun ? `${count} would be deleted.` : `Deleted ${count}.`));
    });
  examples(purge, 'npx techno dlq purge --status replayed --older-than 30d');

  dlqJobVerbs(dlq);
}

/** A line of a table is no place for a whole message. */
function shortened(row: Record<string, unknown>): Record<string, unknown> {
  const message = row['error_message'];
  if (typeof message !== 'string' || message.length <= 60) return row;
  return { ...row, error_message: `${message.slice(0, 59)}…` };
}
