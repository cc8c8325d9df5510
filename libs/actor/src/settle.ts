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
      // A dead letter that could not be stored comes again, and counts on without having been tried.
      return { kind: 'dead-letter', failure, attempts: Math.min(attempt - 1, maxAttempts(retryDelaysMs)) };
    case 'temporary':
    case 'unknown': {
      if (!failure.spendsAttempt) {
        return { kind: 'retry', delayMs: waitMs(failure, FREE_WAIT_MS, random), spent: attempt - 1, failure };
      }
      const delayMs = retryDelaysMs[attempt - 1];
      if (delayMs === undefined) return { kind: 'dead-letter', failure, attempts: attempt };
      return { kind: 'retry', delayMs: waitMs(failure, delayMs, random), spent: attempt, failure };
    }
    default:
      return assertNever(failure.kind);
  }
}

/** Never earlier than the other side asked for; around our own delay where it did not. */
function waitMs({ retryAfterMs }: Failure, ownDelayMs: number, random: () => number): number {
  if (retryAfterMs === undefined) return jittered(ownDelayMs, random);
  return Math.round(Math.max(retryAfterMs, 0) * (1 + 0.2 * random()));
}

/** First try and one more for each delay. */
export function maxAttempts(retryDelaysMs: readonly number[]): number {
  return retryDelaysMs.length + 1;
}
