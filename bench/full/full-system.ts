import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, until } from '@techno/embedded';
import { MINUTE, SECOND } from '@techno/kernel';
import { type MeasuredProcess, type Subject, targetAt } from '../subject.ts';

/** What the launcher writes into `stack.json`. */
interface Stack {
  readonly gateway: string;
  readonly apiKey: string;
  readonly processes: readonly { readonly id?: string; readonly service: string; readonly pid: number; readonly ops: string }[];
  readonly infrastructure: readonly { readonly name: string; readonly pid: number }[];
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * The whole system as `npm start` runs it, with data in `folder` and on ports of its own. `environment` goes to the
 * launcher, which hands its tunables on to the services.
 */
export async function startFullSystem(
  folder: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Subject> {
  const log = path.join(folder, 'launcher.log');
  const output = openSync(log, 'a');
  const ports = {
    TECHNO_HTTP_PORT: String(await freePort()),
    TECHNO_NATS_PORT: String(await freePort()),
    TECHNO_NATS_MONITOR_PORT: String(await freePort()),
    TECHNO_POSTGRES_PORT: String(await freePort()),
  };
  const launcher = spawn(process.execPath, [path.join(ROOT, 'deploy/bootstrap.mjs'), 'start', '--json'], {
    cwd: ROOT,
    // With its parent's id the launcher stops everything should this process be killed.
    env: { ...environment, ...ports, TECHNO_HOME: path.join(folder, 'home'), TECHNO_PARENT_PID: String(process.pid) },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const exited = once(launcher, 'exit');
  const stackFile = path.join(folder, 'home', 'stack.json');
  try {
    await until(() => launcher.exitCode !== null || isReady(stackFile), {
      what: 'the start of the system',
      timeoutMs: 3 * MINUTE,
    });
    if (launcher.exitCode !== null) throw new Error(`the launcher ended with exit code ${launcher.exitCode}`);
  } catch (cause) {
    await stop(launcher, exited);
    signal.throwIfAborted();
    throw new Error(`the system did not start; the end of ${log}:\n${readFileSync(log, 'utf8').slice(-2_000)}`, { cause });
  }
  const { gateway, apiKey } = readStack(stackFile);
  return {
    name: 'full system',
    target: targetAt(gateway, { 'x-api-key': apiKey }),
    processes: () => processesOf(readStack(stackFile)),
    stop: () => stop(launcher, exited),
  };
}

function readStack(file: string): Stack {
  return JSON.parse(readFileSync(file, 'utf8')) as Stack;
}

/** The launcher writes the file when everything is ready. */
function isReady(file: string): boolean {
  try {
    return readStack(file).apiKey !== '';
  } catch {
    return false;
  }
}

function processesOf({ processes, infrastructure }: Stack): MeasuredProcess[] {
  return [
    ...processes.map(({ id, service, pid, ops }) => ({ name: id ?? service, pid, ops })),
    ...infrastructure.map(({ name, pid }) => ({ name, pid })),
  ];
}

async function stop(launcher: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (launcher.exitCode !== null) return;
  launcher.kill('SIGTERM');
  const patience = setTimeout(() => launcher.kill('SIGKILL'), 30 * SECOND);
  await exited;
  clearTimeout(patience);
}
