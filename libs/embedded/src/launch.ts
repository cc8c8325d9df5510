import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { SECOND, StartupError } from '@techno/kernel';
import type { Guard, Stage } from './guard.ts';

/** How one process is started, known to be ready, and stopped. */
export interface LaunchPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Another account to run as; only root can. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  readonly stopSignal: NodeJS.Signals;
  readonly stage: Stage;
  /** Asked again and again until it answers true; throwing means "not yet". */
  isReady(signal: AbortSignal): Promise<boolean>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Sends the stop signal, and SIGKILL after `graceMs`. Resolves when it is gone. Safe to call again. */
  stop(graceMs: number): Promise<Exit>;
}

/**
 * Starts a process in a session of its own (Ctrl-C reaches only us, and we stop things in order), its output going
 * straight to `output`, and puts it under the guard.
 * @throws StartupError PROCESS_NOT_STARTED
 */
export async function launch(plan: LaunchPlan, options: { output: number; guard: Guard }): Promise<Running> {
  const child: ChildProcess = spawn(plan.command, [...plan.args], {
    cwd: plan.cwd,
    env: plan.env,
    detached: true,
    stdio: ['ignore', options.output, options.output],
    ...plan.account,
  });
  const { pid } = child;
  if (pid === undefined) {
    const [cause] = (await once(child, 'error')) as [Error];
    throw new StartupError(
      'PROCESS_NOT_STARTED',
      `${plan.name} could not be started: ${cause.message}`,
      `Check that ${plan.command} exists and may be executed; 'npm ci' installs it again.`,
      { cause },
    );
  }
  options.guard.watch(pid, plan.stopSignal, plan.stage);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      options.guard.release(pid);
      resolve({ code, signal });
    });
  });
  return {
    pid,
    exited,
    async stop(graceMs) {
      child.kill(plan.stopSignal);
      const patience = new AbortController();
      const overdue = delay(graceMs, 'overdue', { signal: patience.signal }).catch(() => 'stopped');
      const first = await Promise.race([exited.then(() => 'stopped'), overdue]);
      patience.abort();
      if (first === 'overdue') child.kill('SIGKILL');
      return exited;
    },
  };
}

/**
 * Resolves once the process is ready.
 * @throws StartupError PROCESS_EXITED when it ends before, PROCESS_NOT_READY when `timeoutMs` pass.
 */
export async function ready(
  plan: LaunchPlan,
  running: Running,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const signal = options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
  const deadline = performance.now() + options.timeoutMs;
  let exit: Exit | undefined;
  void running.exited.then((seen) => {
    exit = seen;
    over.abort();
  });
  let cause: unknown;
  while (!signal.aborted) {
    try {
      if (await plan.isReady(signal)) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new StartupError(
        'PROCESS_NOT_READY',
        `${plan.name} was not ready within ${options.timeoutMs / SECOND} s`,
        `Read its log ('npx techno logs ${plan.name}').`,
        { cause },
      );
    }
    await delay(20, undefined, { signal }).catch(() => {});
  }
  options.signal?.throwIfAborted();
  throw new StartupError(
    'PROCESS_EXITED',
    `${plan.name} ended with ${describeExit(exit ?? { code: null, signal: null })} before it was ready`,
    `Read its log ('npx techno logs ${plan.name}').`,
  );
}

export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exit code ${exit.code}` : exit.signal;
}
