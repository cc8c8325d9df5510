import type { Command } from 'commander';
import { readJson } from '../json-file.ts';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

interface Explanation {
  readonly decision: string;
  readonly executor?: string;
  readonly gates: readonly Record<string, unknown>[];
}

export function decisionsVerb(program: Command): void {
  const decisions = program.command('decisions').description('what the gates would decide');
  const explain = withTargetOptions(decisions.command('explain'))
    .description('gate by gate, without executing anything')
    .argument('<file>', 'a request { action, context_id, payload } as JSON, or - for stdin')
    .action(async (file: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'developer').call('POST', '/v1/decisions', await readJson(file));
      show(flags, body as Explanation, ({ decision, executor, gates }) =>
        [table(gates, ['gate', 'verdict', 'reason_code', 'message']), '', `${decision}${executor ? ` by ${executor}` : ''}`].join(
          '\n',
        ),
      );
    });
  examples(explain, `echo '{"action":"echo","context_id":"demo","payload":{"hello":"world"}}' | npx techno decisions explain -`);
}
