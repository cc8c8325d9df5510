import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Target } from '../../bench/load/connection.ts';
import type { Run, Second } from './timeline.ts';

/** What the generator's process is asked for. */
export interface LoadOrder {
  readonly target: Target;
  readonly perSecond: number;
  readonly seconds: number;
  readonly arrivals: 'poisson' | 'constant';
  readonly seed: number;
}

export type LoadNews =
  | { readonly kind: 'second'; readonly number: number; readonly second: Second }
  | { readonly kind: 'done'; readonly run: Run };

/**
 * Runs one load in a process of its own, so that what watches it takes nothing from it. `onSecond` is told of each second when
 * it is over; answers to its requests may still come.
 */
export async function generate(
  order: LoadOrder,
  options: { onSecond?: (number: number, second: Second) => void; signal?: AbortSignal },
): Promise<Run> {
  const child: ChildProcess = fork(path.join(import.meta.dirname, 'generator-process.ts'), { execArgv: [] });
  const stop = () => void child.kill();
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    const result = new Promise<Run>((resolve, reject) => {
      child.on('message', (news: LoadNews) => {
        if (news.kind === 'second') options.onSecond?.(news.number, news.second);
        else resolve(news.run);
      });
      child.once('exit', () =>
        reject(options.signal?.aborted === true ? (options.signal.reason as Error) : new Error('the load generator died')),
      );
    });
    child.send(order);
    return await result;
  } finally {
    options.signal?.removeEventListener('abort', stop);
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    if (child.connected) child.disconnect();
    await exited;
  }
}
