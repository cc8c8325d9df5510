import type { Command } from 'commander';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

interface ListFlags extends CommonFlags {
  readonly status?: string;
  readonly action?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: string;
  readonly cursor?: string;
}

interface Page {
  readonly actions: readonly Record<string, unknown>[];
  readonly next?: string;
}

export function actionsVerb(program: Command): void {
  const actions = program.command('actions').description('what was asked and what became of it: list, get, audit');

  const listing = withTargetOptions(actions.command('list'))
    .description('actions, newest first')
    .option('--status <status>', 'ACCEPTED, ALLOWED, COMPLETED, DENIED, FAILED, UNKNOWN or DEAD_LETTERED')
    .option('--action <name>', 'only this action')
    .option('--from <time>', 'received at or after this RFC 3339 time')
    .option('--to <time>', 'received before this RFC 3339 time')
    .option('--limit <n>', 'how many', '20')
    .option('--cursor <cursor>', 'go on where an earlier page ended')
    .action(async (flags: ListFlags) => {
      const query = new URLSearchParams();
      for (const name of ['status', 'action', 'from', 'to', 'limit', 'cursor'] as const) {
        const value = flags[name];
        if (value !== undefined) query.set(name, value);
      }
      const { body } = await client(flags, 'admin').call('GET', `/v1/actions?${query.toString()}`);
      show(flags, body as Page, ({ actions: rows, next }) => {
        const page = table(rows, ['trace_id', 'action', 'context_id', 'status', 'received_at']);
        return next === undefined ? page : `${page}\n\nMore: --cursor ${next}`;
      });
    });
  examples(
    listing,
    'npx techno actions list --status FAILED',
    'npx techno actions list --action analyze_document --limit 5 --json',
  );

  const get = withTargetOptions(actions.command('get'))
    .description('one action')
    .argument('<trace>', 'tr_…')
    .action(async (trace: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', `/v1/actions/${encodeURIComponent(trace)}`);
      show(flags, body, (value) => JSON.stringify(value, null, 2));
    });
  examples(get, 'npx techno actions get tr_65f0…');

  const audit = withTargetOptions(actions.command('audit'))
    .description('its entries in the audit trail, with whether their chain holds')
    .argument('<trace>', 'tr_…')
    .action(async (trace: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', `/v1/actions/${encodeURIComponent(trace)}/audit`);
      show(flags, body, (value) => JSON.stringify(value, null, 2));
    });
  examples(audit, 'npx techno actions audit tr_65f0…');
}
