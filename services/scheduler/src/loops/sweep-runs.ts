import type { Clock } from '@techno/kernel';
import type { JobEvents, RunOutcomes } from '@techno/storage';
import type { Driver } from '../engine/driver.ts';
import { outcomeOfRecord } from '../engine/endings.ts';
import type { Settler } from '../engine/settler.ts';

export interface SweepDeps {
  readonly outcomes: Pick<RunOutcomes, 'unsettled'>;
  readonly events: Pick<JobEvents, 'overdue'>;
  readonly settler: Settler;
  readonly driver: Driver;
  readonly clock: Clock;
  readonly sweepAfterMs: number;
  readonly connected: () => boolean;
  readonly onDriven: (runs: number) => void;
}

const LIMIT = 1_000;

/**
 * The promise that a committed run is not lost: those whose end was not heard are settled from the record of actions, those that
 * have not ended past their time are driven again, and those that wait for nobody begin. Every step behind a drive gives the same
 * answer twice.
 */
export function runSweeper(deps: SweepDeps): () => Promise<void> {
  const { outcomes, events, settler, driver, clock, sweepAfterMs, connected, onDriven } = deps;
  return async () => {
    const now = new Date(clock.now());
    for (;;) {
      const endings = await outcomes.unsettled(LIMIT);
      await Promise.all(endings.map((ending) => settler.settle(outcomeOfRecord(ending, now))));
      if (endings.length < LIMIT) break;
    }
    await settler.promote();
    if (!connected()) return;
    const overdue = await events.overdue(now, sweepAfterMs, LIMIT);
    onDriven(overdue.length);
    await driver.drive(overdue);
  };
}
