import type { Command } from 'commander';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

interface SetFlags extends CommonFlags {
  readonly scheme: string;
  readonly secret: readonly string[];
  readonly action: string;
  readonly context: string;
  readonly header?: string;
}

export function webhooksVerb(program: Command): void {
  const webhooks = program.command('webhooks').description('webhook sources: list, set, rejections');

  const listing = withTargetOptions(webhooks.command('list'))
    .description('the sources, without their secrets')
    .action(async (flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', '/v1/webhooks');
      show(flags, body as { sources: Record<string, unknown>[] }, ({ sources }) =>
        table(sources, ['source', 'scheme', 'action', 'context_id', 'enabled']),
      );
    });
  examples(listing, 'npx techno webhooks list');

  const set = withTargetOptions(webhooks.command('set'))
    .description('make a source, or replace one')
    .argument('<source>', 'its name, the last part of its URL')
    .requiredOption('--scheme <scheme>', 'standard, github, timestamped, token or bearer')
    .requiredOption('--secret <secret...>', 'secrets that are accepted; several during a rotation')
    .requiredOption('--action <action>', 'what an accepted request asks for')
    .requiredOption('--context <context>', 'in which context')
    .option('--header <name>', 'header of the signature or token, where the scheme leaves it open')
    .action(async (source: string, flags: SetFlags) => {
      const { body } = await client(flags, 'admin').call('PUT', `/v1/webhooks/${encodeURIComponent(source)}`, {
        scheme: flags.scheme,
        secrets: flags.secret,
        action: flags.action,
        context_id: flags.context,
        ...(flags.header === undefined ? {} : { header: flags.header }),
      });
      show(
        flags,
        body,
        () => `Requests signed for '${source}' are accepted at /v1/webhooks/${source}. The policy's \`sources\` name its role.`,
      );
    });
  examples(set, 'npx techno webhooks set shop --scheme standard --secret whsec_… --action echo --context webhooks');

  const rejections = withTargetOptions(webhooks.command('rejections'))
    .description('what was refused and why, newest first')
    .argument('[source]', 'only of this source')
    .option('--limit <n>', 'how many', '50')
    .action(async (source: string | undefined, flags: CommonFlags & { limit: string }) => {
      const query = new URLSearchParams({ limit: flags.limit, ...(source === undefined ? {} : { source }) });
      const { body } = await client(flags, 'admin').call('GET', `/v1/webhook-rejections?${query.toString()}`);
      show(flags, body as { rejections: Record<string, unknown>[] }, ({ rejections: rows }) =>
        table(rows, ['rejected_at', 'source', 'reason', 'message_id', 'bytes']),
      );
    });
  examples(rejections, 'npx techno webhooks rejections shop');
}
