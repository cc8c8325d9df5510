import { type Clock, errorMessage } from '@techno/kernel';
import { type Advanced, createBatcher, type Due, type OpenRuns, type ScheduleRuns, type StoredSchedule } from '@techno/storage';
import type { SchedulerMetrics } from '../metrics.ts';
import type { Armer } from './armer.ts';
import type { Driver } from './driver.ts';
import type { RunMaker } from './make-run.ts';
import { planDue } from './plan.ts';
import { rulesOf } from './read-schedule.ts';

/** Deals with schedules whose time may have come: commits their runs, publishes what they ask for, stores the next tick. */
export interface Advancer {
  /** Nothing happens where the schedule is not due: a tick may be old, or have come twice. */
  advance(id: string): Promise<void>;
}

export interface AdvancerDeps {
  readonly runs: Pick<ScheduleRuns, 'advance'>;
  readonly maker: RunMaker;
  readonly driver: Driver;
  readonly armer: Armer;
  readonly clock: Clock;
  readonly metrics: SchedulerMetrics;
  readonly onProblem: (fields: object) => void;
}

export function createAdvancer({ runs, maker, driver, armer, clock, metrics, onProblem }: AdvancerDeps): Advancer {
  function planOf(schedule: StoredSchedule, open: OpenRuns, nowMs: number): Due {
    if (schedule.next === undefined) return { runs: [], next: undefined };
    const { occurrences, next } = planDue(rulesOf(schedule), schedule.next.nominalAt.getTime(), open, nowMs);
    return {
      runs: occurrences.map((planned) => maker.ofOccurrence(schedule, planned, 'tick', nowMs)),
      next: next && { nominalAt: new Date(next.nominalMs), fireAt: new Date(next.fireMs) },
    };
  }

  const committing = createBatcher<string, Advanced | undefined>({
    maxRows: 500,
    maxWaitMs: 0,
    maxInFlight: 2,
    keyOf: (id) => id,
    async flush(ids) {
      const now = clock.now();
      const advanced = await runs.advance(ids, new Date(now), (schedule, open) => planOf(schedule, open, now));
      const byId = new Map(advanced.map((one) => [one.schedule.id, one]));
      return ids.map((id) => byId.get(id));
    },
  });

  return {
    async advance(id) {
      for (;;) {
        const advanced = await committing.add(id);
        if (advanced === undefined) return;
        for (const run of advanced.runs) metrics.planned(run);
        const { schedule, next } = advanced;
        const tick = next && { id, revision: schedule.revision, fireAt: next.fireAt };
        // What is not armed now is found unarmed, or overdue: nothing is lost by it.
        const armed =
          tick === undefined ? undefined : armer.arm([tick]).catch((error: unknown) => onProblem(notArmed(id, error)));
        await Promise.all([driver.drive(advanced.runs), armed]);
        // More than could be dealt with at once was due.
        if (next === undefined || next.fireAt.getTime() > clock.now()) return;
      }
    },
  };
}

function notArmed(id: string, error: unknown): object {
  return { schedule: id, problem: `not armed: ${errorMessage(error)}` };
}
