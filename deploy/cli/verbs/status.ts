import type { Command } from 'commander';
import { SECOND } from '@techno/kernel';
import { runningStack } from '../config.ts';
import { EXIT } from '../exit-codes.ts';
import { table } from '../print.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

interface Row {
  readonly name: string;
  readonly pid: number;
  readonly state: 'ready' | 'not ready' | 'unreachable';
  readonly address: string;
  readonly checks?: string | undefined;
}

export function statusVerb(program: Command): void {
  const verb = withCommonOptions(program.command('status'))
    .description('what runs, where, and whether it is ready (exit code 1 if something is not)')
    .action(async (flags: CommonFlags) => {
      const stack = runningStack(flags);
      const rows: Row[] = await Promise.all([
        ...stack.processes.map(async ({ service, pid, ops }) => ({
          name: service,
          pid,
          address: ops,
          ...(await readiness(`${ops}/readyz`)),
        })),
        ...stack.infrastructure.map(async ({ name, pid, dir, monitor }) => ({
          name,
          pid,
          address: monitor ?? dir,
          ...(monitor === undefined ? aliveness(pid) : await readiness(`${monitor}/healthz`)),
        })),
      ]);
      show(flags, { gateway: stack.gateway, startedAt: stack.startedAt, processes: rows }, () =>
        [
          `${stack.gateway}, since ${stack.startedAt}`,
          '',
          table(
            rows.map((row) => ({ ...row })),
            ['name', 'state', 'pid', 'address', 'checks'],
          ),
        ].join('\n'),
      );
      if (rows.some(({ state }) => state !== 'ready')) process.exitCode = EXIT.failed;
    });
  examples(verb, 'npx techno status', 'npx techno status --json');
}

async function readiness(url: string): Promise<Pick<Row, 'state' | 'checks'>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5 * SECOND) });
    const text = await response.text();
    return response.ok ? { state: 'ready' } : { state: 'not ready', checks: text.slice(0, 300) };
  } catch {
    return { state: 'unreachable' };
  }
}

function aliveness(pid: number): Pick<Row, 'state'> {
  try {
    process.kill(pid, 0);
    return { state: 'ready' };
  } catch (error) {
    return { state: (error as NodeJS.ErrnoException).code === 'EPERM' ? 'ready' : 'unreachable' };
  }
}
