import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { MINUTE } from '@techno/kernel';
import type { Fault } from '../chaos/fault.ts';
import type { Restarted } from '../../deploy/launcher/rolling-restart.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');

/** `npx techno restart`, as an operator calls it. */
async function technoRestart(home: string, services: readonly string[] | undefined): Promise<readonly Restarted[]> {
  const only = services === undefined ? [] : ['--service', services.join(',')];
  const { stdout } = await run(process.execPath, [path.join(ROOT, 'deploy/bootstrap.mjs'), 'restart', '--json', ...only], {
    cwd: ROOT,
    env: { ...process.env, TECHNO_HOME: home },
  });
  return (JSON.parse(stdout) as { restarted: Restarted[] }).restarted;
}

/** A rolling restart as something that is done to a system under load. `services`: only these. */
export function rollingRestartOf(services: readonly string[] | undefined): Fault & { readonly restarted: Restarted[] } {
  const restarted: Restarted[] = [];
  return {
    // Part of the ids of its requests, so without spaces.
    name: services?.join('-and-') ?? 'all-services',
    title: 'npx techno restart',
    recoversWithinMs: 1 * MINUTE,
    restarted,
    async run({ home }) {
      restarted.push(...(await technoRestart(home, services)));
    },
  };
}
