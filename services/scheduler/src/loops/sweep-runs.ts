import { type Clock, errorMessage, every, SECOND } from '@techno/kernel';
import type { LongLived } from '@techno/service';
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
  readonly onProblem: (fields: object) => void;
}

const EVERY_MS = 1 * SECOND;
const LIMIT = 1_000;

/**
 * The promise that a committed run is not lost: those whose end was not heard are settled from the record of actions, those that
 * have not ended past their time are driven again, and those that wait for nobody begin. Every step behind a drive gives the same
 * answer twice.
 */
export function sweepRuns(deps: SweepDeps): LongLived {
  async function once(): Promise<void> {
    const now = new Date(deps.clock.now());
    for (;;) {
      const endings = await deps.outcomes.unsettled(LIMIT);
      await Promise.all(endings.map((ending) => deps.settler.settle(outcomeOfRecord(ending, now))));
      if (endings.length < LIMIT) break;
    }
    await deps.settler.promote();
    if (!deps.connected()) return;
    const overdue = await deps.events.overdue(now, deps.sweepAfterMs, LIMIT);
    if (overdue.length > 0) deps.onDriven(overdue.length);
    await deps.driver.drive(overdue);
  }
  return {
    name: 'sweep-runs',
    run: (signal) =>
      every(EVERY_MS, signal, () =>
        once().catch((error: unknown) => deps.onProblem({ loop: 'sweep-runs', problem: errorMessage(error) })),
      ),
  };
}
