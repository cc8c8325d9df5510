import type { Command } from 'commander';
import { commaList, wholeNumber } from '../arguments.ts';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

interface CreateFlags extends CommonFlags {
  readonly name: string;
  readonly role: string;
  readonly contexts: readonly string[];
  readonly mode: string;
  readonly perMinute?: number;
  readonly perDay?: number;
  readonly allowFrom?: readonly string[];
  readonly expiresAt?: string;
}

export function keysVerb(program: Command): void {
  const keys = program.command('keys').description('API keys: create, list, rotate, revoke');

  const create = withTargetOptions(keys.command('create'))
    .description('make a key; it is shown this once')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--role <role>', 'a role of the policy')
    .option('--contexts <list>', 'contexts it may act in, comma-separated', commaList, ['*'])
    .option('--mode <mode>', 'live or test', 'live')
    .option('--per-minute <n>', 'requests in a minute', wholeNumber)
    .option('--per-day <n>', 'requests in a day', wholeNumber)
    .option('--allow-from <list>', 'client addresses or networks it may be used from', commaList)
    .option('--expires-at <time>', 'RFC 3339 time after which it is void')
    .action(async (flags: CreateFlags) => {
      const { body } = await client(flags, 'admin').call('POST', '/v1/keys', {
        name: flags.name,
        role: flags.role,
        contexts: flags.contexts,
        mode: flags.mode,
        ...(flags.perMinute === undefined && flags.perDay === undefined
          ? {}
          : { limits: { perMinute: flags.perMinute, perDay: flags.perDay } }),
        allowed_addresses: flags.allowFrom,
        expires_at: flags.expiresAt,
      });
      showIssued(flags, body);
    });
  examples(
    create,
    'npx techno keys create --name billing --role developer',
    'npx techno keys create --name ci --role restricted --contexts demo --mode test --json',
  );

  const listing = withTargetOptions(keys.command('list'))
    .description('all keys, without the keys themselves')
    .action(async (flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', '/v1/keys');
      show(flags, body as { keys: Record<string, unknown>[] }, ({ keys: rows }) =>
        table(rows, ['id', 'name', 'hint', 'role', 'contexts', 'status', 'expires_at']),
      );
    });
  examples(listing, 'npx techno keys list', 'npx techno keys list --json');

  const rotate = withTargetOptions(keys.command('rotate'))
    .description('make a successor with the same rights; the old key works on for the overlap')
    .argument('<id>', 'key_…')
    .option('--overlap <seconds>', 'how long both work', wholeNumber, 86_400)
    .action(async (id: string, flags: CommonFlags & { overlap: number }) => {
      const { body } = await client(flags, 'admin').call('POST', `/v1/keys/${encodeURIComponent(id)}/rotate`, {
        overlap_seconds: flags.overlap,
      });
      showIssued(flags, body);
    });
  examples(rotate, 'npx techno keys rotate key_0192… --overlap 3600');

  const revoke = withTargetOptions(keys.command('revoke'))
    .description('make a key void at once')
    .argument('<id>', 'key_…')
    .action(async (id: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('POST', `/v1/keys/${encodeURIComponent(id)}/revoke`);
      show(flags, body, () => `Revoked ${id}.`);
    });
  examples(revoke, 'npx techno keys revoke key_0192…');
}

function showIssued(flags: CommonFlags, body: unknown): void {
  show(
    flags,
    body as { key: string },
    ({ key }) => `${key}\n\nThis is the only time it is shown. Send it as X-API-KEY or Authorization: Bearer.`,
  );
}
