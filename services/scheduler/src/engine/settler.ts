import type { Clock } from '@techno/kernel';
import { createBatcher, type RunOutcome, type RunOutcomes } from '@techno/storage';
import type { SchedulerMetrics } from '../metrics.ts';
import type { Driver } from './driver.ts';
import { judge } from './judge.ts';
import type { RunMaker } from './make-run.ts';

/** Writes how runs ended, and begins those whose turn has come. */
export interface Settler {
  /** Resolves when it is committed. An end that is known already changes nothing. */
  settle(outcome: RunOutcome): Promise<void>;
  /** Begins what waits and need not: of these schedules, or of any. */
  promote(ids?: readonly string[]): Promise<void>;
}

export interface SettlerDeps {
  readonly outcomes: Pick<RunOutcomes, 'settle' | 'promote'>;
  readonly maker: Pick<RunMaker, 'driveAt'>;
  readonly driver: Driver;
  readonly clock: Clock;
  readonly metrics: SchedulerMetrics;
}

export function createSettler({ outcomes, maker, driver, clock, metrics }: SettlerDeps): Settler {
  const batched = createBatcher<RunOutcome, void>({
    maxRows: 500,
    maxWaitMs: 2,
    maxInFlight: 1,
    keyOf: ({ traceId }) => traceId,
    async flush(batch) {
      const now = clock.now();
      const { ended, begun } = await outcomes.settle(batch, new Date(now), maker.driveAt('action', now), judge);
      for (const run of ended) metrics.ended(run);
      for (const run of begun) metrics.begun(run);
      await driver.drive(begun);
      return batch.map(() => undefined);
    },
  });
  return {
    settle: (outcome) => batched.add(outcome),
    async promote(ids) {
      const now = clock.now();
      const begun = await outcomes.promote(ids, new Date(now), maker.driveAt('action', now));
      for (const run of begun) metrics.begun(run);
      await driver.drive(begun);
    },
  };
}
