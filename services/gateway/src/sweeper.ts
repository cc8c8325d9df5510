import { every, MINUTE, SECOND } from '@techno/kernel';
import type { Inbox } from '@techno/storage';
import type { Driver } from './driver.ts';

export interface SweeperDeps {
  readonly inbox: Inbox;
  readonly driver: Driver;
  readonly sweepAfterMs: number;
  readonly onDriven: (count: number) => void;
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
  { inbox, driver, sweepAfterMs, onDriven, onProblem }: SweeperDeps,
  signal: AbortSignal,
): Promise<void> {
  await every(EVERY_MS, signal, async () => {
    try {
      let more = true;
      while (more && !signal.aborted) {
        const passed = await inbox.pass({ limit: LIMIT });
        const overdue = await inbox.takeOverdue({ limit: LIMIT, delayMs: sweepAfterMs, maxDelayMs: MAX_DELAY_MS });
        await Promise.all(overdue.map(({ request, traceparent, drives }) => driver.drive(request, traceparent, drives)));
        onDriven(overdue.length);
        more = passed >= LIMIT || overdue.length === LIMIT;
      }
    } catch (error) {
      onProblem({ problem: error instanceof Error ? error.message : String(error) });
    }
  });
}
