import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, until } from '@techno/embedded';
import { MINUTE, SECOND } from '@techno/kernel';
import type { Stack } from '../../../launcher/stack-file.ts';
import { BrokenPromise } from '../broken-promise.ts';
import { ownEnvironment } from '../config.ts';
import { ROOT } from '../settings.ts';

export interface OwnStack {
  readonly stack: Stack;
  readonly logs: string;
  stop(): Promise<void>;
}

/** The embedded stack as `npm start` runs it, in a home of its own on free ports. */
export async function startOwnStack(env: Readonly<Record<string, string>>): Promise<OwnStack> {
  const home = await mkdtemp(path.join(tmpdir(), 'techno-obs-'));
  // PostgreSQL runs as an account of its own, which must get through.
  await chmod(home, 0o711);
  const log = path.join(home, 'launcher.log');
  const output = openSync(log, 'a');
  const launcher = spawn(process.execPath, [path.join(ROOT, 'deploy/bootstrap.mjs'), 'start', '--json'], {
    cwd: ROOT,
    env: {
      ...ownEnvironment(),
      TECHNO_HTTP_PORT: String(await freePort()),
      TECHNO_NATS_PORT: String(await freePort()),
      TECHNO_NATS_MONITOR_PORT: String(await freePort()),
      TECHNO_POSTGRES_PORT: String(await freePort()),
      TECHNO_STAND_INS_PORT: String(await freePort()),
      TECHNO_SMTP_PORT: String(await freePort()),
      TECHNO_PARENT_PID: String(process.pid),
      TECHNO_HOME: home,
      ...env,
    },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const exited = once(launcher, 'exit');
  const stop = async () => {
    if (launcher.exitCode === null) {
      launcher.kill('SIGTERM');
      const patience = setTimeout(() => launcher.kill('SIGKILL'), 30 * SECOND);
      await exited;
      clearTimeout(patience);
    }
    await rm(home, { recursive: true, force: true });
  };
  const stackOf = async () => JSON.parse(await readFile(path.join(home, 'stack.json'), 'utf8')) as Stack;
  try {
    await until(async () => launcher.exitCode !== null || (await stackOf()).apiKey !== '', {
      timeoutMs: 5 * MINUTE,
      everyMs: 200,
    });
    if (launcher.exitCode !== null) throw new Error(`the launcher ended with ${launcher.exitCode}`);
    return { stack: await stackOf(), logs: path.join(home, 'logs'), stop };
  } catch (cause) {
    const said = [readFileSync(log, 'utf8').trim().slice(-1_000), ...complaints(path.join(home, 'logs'))].join('\n');
    await stop();
    throw new BrokenPromise(`the stack did not start: ${said}`, { cause });
  }
}

/** The last word of each service that did not speak of something ordinary, for the folder goes with the stack. */
function complaints(logs: string): string[] {
  if (!existsSync(logs)) return [];
  return readdirSync(logs).flatMap((file) => {
    const lines = readFileSync(path.join(logs, file), 'utf8').split('\n');
    const last = lines.findLast((line) => line !== '' && !/"level":"(?:info|debug)"/.test(line));
    return last === undefined ? [] : [`${file}: ${last.slice(0, 500)}`];
  });
}
