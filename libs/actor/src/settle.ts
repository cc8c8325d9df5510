import { assertNever, jittered, SECOND } from '@techno/kernel';
import type { Failure } from './failure.ts';

export type Settlement =
  | { readonly kind: 'ack' }
  /** `spent` counts the attempts used up when the message comes back. */
  | { readonly kind: 'retry'; readonly delayMs: number; readonly spent: number; readonly failure: Failure }
  | { readonly kind: 'dead-letter'; readonly failure: Failure; readonly attempts: number };

/** Where a failure names no time and costs no attempt, the message waits this long. */
const FREE_WAIT_MS = 2 * SECOND;

/**
 * The whole of settlement: from what happened in attempt `attempt` (from 1) to what becomes of the message.
 * A retry waits as long as the failure asked for, else as the actor says for this attempt, with jitter either way.
 */
export function settle(
  failure: Failure | undefined,
  attempt: number,
  retryDelaysMs: readonly number[],
  random: () => number = Math.random,
): Settlement {
  if (failure === undefined) return { kind: 'ack' };
  switch (failure.kind) {
    case 'terminal':
    case 'unparseable':
      return { kind: 'dead-letter', failure, attempts: attempt };
    case 'exhausted':
      return { kind: 'dead-letter', failure, attempts: attempt - 1 };
    case 'temporary':
    case 'unknown': {
      if (!failure.spendsAttempt) {
        return { kind: 'retry', delayMs: jittered(failure.retryAfterMs ?? FREE_WAIT_MS, random), spent: attempt - 1, failure };
      }
      const delayMs = retryDelaysMs[attempt - 1];
      if (delayMs === undefined) return { kind: 'dead-letter', failure, attempts: attempt };
      // Never earlier than the other side asked for.
      const asked = failure.retryAfterMs;
      return {
        kind: 'retry',
        delayMs: asked === undefined ? jittered(delayMs, random) : Math.max(asked, 0) + Math.round(asked * 0.2 * random()),
        spent: attempt,
        failure,
      };
    }
    default:
      return assertNever(failure.kind);
  }
}

/** First try and one more for each delay. */
export function maxAttempts(retryDelaysMs: readonly number[]): number {
  return retryDelaysMs.length + 1;
}
