import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '@techno/kernel';

export interface UntilOptions {
  /** Milliseconds until it gives up. Default 30 s. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks. Default 25. */
  readonly everyMs?: number;
  /** What is waited for, for the message of the error. */
  readonly what?: string;
  readonly signal?: AbortSignal;
}

/**
 * Waits for a fact: calls `look` until it answers something truthy, and returns that. What `look` throws counts as
 * "not yet" and becomes the cause of the error when the time is over.
 */
export async function until<T>(
  look: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<Awaited<T>, null | undefined | false | 0 | ''>> {
  const { timeoutMs = 30 * SECOND, everyMs = 25, what = 'the expected fact', signal } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const seen = await look();
      if (seen) return seen as Exclude<Awaited<T>, null | undefined | false | 0 | ''>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) throw new Error(`${what} did not come true within ${timeoutMs} ms`, { cause });
    await delay(everyMs, undefined, signal === undefined ? {} : { signal });
  }
}
