import type { Command } from 'commander';
import { jsonArgument } from '../arguments.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

export function submitVerb(program: Command): void {
  const verb = withTargetOptions(program.command('submit'))
    .description('ask for an action and wait for its result')
    .argument('<action>', 'a name of the policy, such as echo or analyze_document')
    .argument('[payload]', 'a JSON object, or @FILE, or - for stdin', '{}')
    .option('--context <context>', 'in which context', 'default')
    .action(async (action: string, payload: string, flags: CommonFlags & { context: string }) => {
      const { body } = await client(flags, 'developer').call('POST', '/v1/process', {
        action,
        context_id: flags.context,
        payload: await jsonArgument(payload),
      });
      show(flags, body, (value) => JSON.stringify(value, null, 2));
    });
  examples(verb, `npx techno submit echo '{"hello":"world"}'`, 'npx techno submit analyze_document @request.json --context demo');
}
