import { backfillSchedule, listRuns, triggerSchedule } from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { type Clock, DAY, TerminalError } from '@techno/kernel';
import type { JobEvents, ScheduleRuns } from '@techno/storage';
import type { Driver } from '../engine/driver.ts';
import type { RunMaker } from '../engine/make-run.ts';
import { admit } from '../engine/plan.ts';
import { rulesOf } from '../engine/read-schedule.ts';
import type { Settler } from '../engine/settler.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import { occurrencesAfter } from '../timing/timing.ts';
import { runViewOf } from '../views.ts';
import { unknown } from './schedules.ts';

export interface RunRequestDeps {
  readonly runs: Pick<ScheduleRuns, 'add'>;
  readonly events: Pick<JobEvents, 'list'>;
  readonly maker: RunMaker;
  readonly driver: Driver;
  readonly settler: Pick<Settler, 'promote'>;
  readonly clock: Clock;
  readonly metrics: SchedulerMetrics;
  readonly keptDays: number;
}

/** Occurrences that one backfill may cover. */
const MAX_BACKFILL = 1_000;

/** Runs: those that are asked for, and the record of all. */
export function runRequests({ runs, events, maker, driver, settler, clock, metrics, keptDays }: RunRequestDeps): Endpoint[] {
  return [
    endpoint(triggerSchedule, async ({ id, owner }) => {
      const now = clock.now();
      const added = await runs.add(id, owner, (schedule, open) =>
        admit(rulesOf(schedule).overlap, open, 1).map((verdict) => maker.ofRequest(schedule, verdict, now)),
      );
      const [run] = added ?? [];
      if (run === undefined) throw unknown(id);
      metrics.planned(run);
      await driver.drive([run]);
      return runViewOf(run);
    }),
    endpoint(backfillSchedule, async ({ id, owner, from, to }) => {
      const now = clock.now();
      const range = { fromMs: Date.parse(from), toMs: Date.parse(to) };
      ensureRange(range, now, keptDays);
      let occurrences = 0;
      const added = await runs.add(id, owner, (schedule) => {
        const rules = rulesOf(schedule);
        const wanted = occurrencesAfter(rules.timing, range.fromMs - 1, MAX_BACKFILL + 1).filter((at) => at <= range.toMs);
        if (wanted.length > MAX_BACKFILL)
          throw invalid(`more than ${MAX_BACKFILL} occurrences lie in the range; take a shorter one`);
        occurrences = wanted.length;
        const status = rules.overlap === 'allow' ? 'running' : 'waiting';
        return wanted.map((nominalMs) => maker.ofOccurrence(schedule, { nominalMs, status }, 'backfill', now));
      });
      if (added === undefined) throw unknown(id);
      await driver.drive(added);
      await settler.promote([id]);
      return { occurrences, runs: added.length };
    }),
    endpoint(listRuns, async ({ schedule_id: scheduleId, job: jobName, limit, ...filter }) => {
      const rows = await events.list({ ...filter, scheduleId, jobName, limit: limit + 1 });
      const page = rows.slice(0, limit);
      return { runs: page.map(runViewOf), next: rows.length > limit ? page.at(-1)?.id : undefined };
    }),
  ];
}

function ensureRange({ fromMs, toMs }: { fromMs: number; toMs: number }, nowMs: number, keptDays: number): void {
  if (fromMs > toMs) throw invalid('`from` is after `to`');
  if (toMs > nowMs) throw invalid('`to` lies in the future');
  // What is forgotten could run twice.
  if (fromMs < nowMs - keptDays * DAY) throw invalid(`runs are kept for ${keptDays} days; \`from\` lies before`);
}

function invalid(message: string): TerminalError {
  return new TerminalError('BACKFILL_INVALID', message);
}
