import type { Database } from '../database.ts';
import {
  insertRuns,
  type NewRun,
  type NextOccurrence,
  type Query,
  type ScheduleRow,
  scheduleOf,
  type StoredRun,
  type StoredSchedule,
} from './schedule-rows.ts';
import { ARMING_MS } from './schedules.ts';

/** Runs of one schedule that have not ended. */
export interface OpenRuns {
  readonly running: number;
  readonly waiting: number;
}

/** What is to be written about a schedule that is due. */
export interface Due {
  readonly runs: readonly NewRun[];
  readonly next: NextOccurrence | undefined;
}

export interface Advanced {
  readonly schedule: StoredSchedule;
  /** Those of its runs that are new. */
  readonly runs: readonly StoredRun[];
  readonly next: NextOccurrence | undefined;
}

/** Where occurrences become runs. Each of these is one transaction, which holds the schedules that it is about. */
export interface ScheduleRuns {
  /**
   * Deals with those of `ids` that are due: `plan` says how, and its runs and the next occurrence are committed together. Those
   * that another replica has dealt with meanwhile are left out.
   */
  advance(ids: readonly string[], now: Date, plan: (schedule: StoredSchedule, open: OpenRuns) => Due): Promise<Advanced[]>;
  /** Adds runs that were asked for. Undefined: there is no such schedule (of that owner). */
  add(
    id: string,
    owner: string | undefined,
    make: (schedule: StoredSchedule, open: OpenRuns) => readonly NewRun[],
  ): Promise<StoredRun[] | undefined>;
}

const IDLE: OpenRuns = { running: 0, waiting: 0 };

export function createScheduleRuns(database: Database): ScheduleRuns {
  return {
    advance: (ids, now, plan) =>
      database.transaction(async (query) => {
        const schedules = (await query<ScheduleRow>(LOCK_DUE, [ids, now])).map(scheduleOf);
        if (schedules.length === 0) return [];
        const open = await openRuns(
          query,
          schedules.map(({ id }) => id),
        );
        const dues = schedules.map((schedule) => ({ schedule, ...plan(schedule, open.get(schedule.id) ?? IDLE) }));
        const stored = await insertRuns(
          query,
          dues.flatMap(({ runs }) => runs),
        );
        await query(MOVE_ON, [
          dues.map(({ schedule }) => schedule.id),
          dues.map(({ next }) => next?.nominalAt ?? null),
          dues.map(({ next }) => next?.fireAt ?? null),
          new Date(now.getTime() + ARMING_MS),
        ]);
        const byOccurrence = new Map(stored.map((run) => [run.occurrence, run]));
        return dues.map(({ schedule, runs, next }) => ({
          schedule,
          next,
          runs: runs.flatMap(({ occurrence }) => byOccurrence.get(occurrence) ?? []),
        }));
      }),
    add: (id, owner, make) =>
      database.transaction(async (query) => {
        const [row] = await query<ScheduleRow>(LOCK_ONE, [id, owner ?? null]);
        if (row === undefined) return undefined;
        const open = (await openRuns(query, [id])).get(id) ?? IDLE;
        return insertRuns(query, make(scheduleOf(row), open));
      }),
  };
}

/** Asked when the schedules are held: whoever wrote runs of theirs before has committed. */
async function openRuns(query: Query, ids: readonly string[]): Promise<Map<string, OpenRuns>> {
  const rows = await query<{ schedule_id: string; running: string; waiting: string }>(OPEN, [ids]);
  return new Map(
    rows.map(({ schedule_id: id, running, waiting }) => [id, { running: Number(running), waiting: Number(waiting) }]),
  );
}

// Waits for who holds one (a run of it that ends, say): a tick that were skipped for that would be late. Everybody locks in this order.
const LOCK_DUE = {
  name: 'schedules-lock-due',
  text: `select * from schedules where id = any($1::text[]) and state = 'active' and fire_at <= $2 order by id for update`,
};
const LOCK_ONE = {
  name: 'schedules-lock-one',
  text: `select * from schedules where id = $1 and ($2::text is null or owner = $2) for update`,
};
const OPEN = {
  name: 'runs-open',
  text: `select schedule_id, count(*) filter (where status = 'running') as running, count(*) filter (where status = 'waiting') as waiting
    from worker_job_events where schedule_id = any($1::text[]) and status in ('waiting', 'running') group by schedule_id`,
};
const MOVE_ON = {
  name: 'schedules-move-on',
  text: `update schedules s set next_at = n.next_at, fire_at = n.fire_at, arm_after = $4,
      state = case when n.next_at is null then 'ended' else s.state end
    from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as n(id, next_at, fire_at) where s.id = n.id`,
};
