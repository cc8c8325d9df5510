import { every, MINUTE, SECOND } from '@techno/kernel';
import type { Inbox } from '@techno/storage';
import type { Driver } from './driver.ts';

export interface SweeperDeps {
  readonly inbox: Inbox;
  readonly driver: Driver;
  readonly sweepAfterMs: number;
  readonly onSwept: (swept: { settled: number; driven: number }) => void;
  readonly onProblem: (fields: { problem: string }) => void;
}

// Small and often: a second's worth in one statement holds a processor for as long as a hundred requests.
const EVERY_MS = 0.25 * SECOND;
const LIMIT = 500;
const MAX_DELAY_MS = 10 * MINUTE;

/**
 * The promise that nothing accepted is lost, as a loop: whatever the inbox holds past its time and the record does not call
 * ended is driven again. Every step behind it gives the same answer twice, so driving once too often costs time only.
 */
export async function sweep(
  { inbox, driver, sweepAfterMs, onSwept, onProblem }: SweeperDeps,
  signal: AbortSignal,
): Promise<void> {
  await every(EVERY_MS, signal, async () => {
    try {
      for (;;) {
        const { settled, overdue } = await inbox.sweep({ limit: LIMIT, delayMs: sweepAfterMs, maxDelayMs: MAX_DELAY_MS });
        await Promise.all(overdue.map(({ request, traceparent, drives }) => driver.drive(request, traceparent, drives)));
        if (settled + overdue.length > 0) onSwept({ settled, driven: overdue.length });
        if (settled + overdue.length < LIMIT || signal.aborted) return;
      }
    } catch (error) {
      onProblem({ problem: error instanceof Error ? error.message : String(error) });
    }
  });
}
