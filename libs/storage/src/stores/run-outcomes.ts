import type { RunStatus } from '@techno/contracts';
import type { Database } from '../database.ts';
import {
  type Query,
  type RunRow,
  runOf,
  type ScheduleRow,
  scheduleOf,
  type StoredRun,
  type StoredSchedule,
} from './schedule-rows.ts';

/** How a run ended. */
export interface RunOutcome {
  readonly traceId: string;
  readonly status: Exclude<RunStatus, 'waiting' | 'running'>;
  readonly finishedAt: Date;
  /** A reason or error code. */
  readonly reason?: string | undefined;
  readonly errorMessage?: string | undefined;
  /** What it did; absent: the payload stays what was asked for. */
  readonly report?: unknown;
  /** Whether the trail is told of it elsewhere. */
  readonly told: boolean;
}

/** What the end of runs means for their schedule. */
export interface Consequence {
  readonly failures: number;
  readonly denied: boolean;
  readonly pause: boolean;
  readonly notices: readonly { readonly id: string; readonly body: unknown }[];
}

export interface Settled {
  /** Those that had not ended before. */
  readonly ended: readonly StoredRun[];
  /** Those whose turn has come. */
  readonly begun: readonly StoredRun[];
}

/** How runs end, what follows for their schedules, and who is next. */
export interface RunOutcomes {
  /** `judge` is asked once for each schedule, with its runs in the order in which they were due. */
  settle(
    outcomes: readonly RunOutcome[],
    now: Date,
    driveAt: Date,
    judge: (schedule: StoredSchedule, ended: readonly StoredRun[]) => Consequence,
  ): Promise<Settled>;
  /** Begins the first waiting run of each of these schedules, or of any, that has none running and is not paused. */
  promote(ids: readonly string[] | undefined, now: Date, driveAt: Date): Promise<StoredRun[]>;
  /** Runs of actions that have ended in the record and not here. */
  unsettled(limit: number): Promise<ActionEnding[]>;
}

/** A row of the record of actions, as far as its run is concerned. */
export interface ActionEnding {
  readonly traceId: string;
  readonly status: string;
  readonly finishedAt: Date | undefined;
  readonly reasonCodes: readonly string[];
  readonly error: { readonly code?: string; readonly message?: string } | undefined;
}

/** Waiting runs of so many schedules are looked at in one sweep. */
const PROMOTED_AT_ONCE = 500;

export function createRunOutcomes(database: Database): RunOutcomes {
  return {
    settle: (outcomes, now, driveAt, judge) =>
      database.transaction(async (query) => {
        const traces = outcomes.map(({ traceId }) => traceId);
        const schedules = (await query<ScheduleRow>(LOCK_OF_TRACES, [traces])).map(scheduleOf);
        const ended = (
          await query<RunRow>(END, [
            traces,
            outcomes.map(({ status }) => status),
            outcomes.map(({ finishedAt }) => finishedAt),
            outcomes.map(({ reason }) => reason ?? null),
            outcomes.map(({ errorMessage }) => errorMessage ?? null),
            outcomes.map(({ report }) => (report === undefined ? null : JSON.stringify(report))),
            outcomes.map(({ told }) => told),
          ])
        ).map(runOf);
        const judged = schedules.flatMap((schedule) => {
          const runs = ended
            .filter(({ scheduleId }) => scheduleId === schedule.id)
            .toSorted((a, b) => a.scheduledAt.getTime() - b.scheduledAt.getTime());
          return runs.length === 0 ? [] : [{ schedule, ...judge(schedule, runs) }];
        });
        await applyConsequences(query, judged, now);
        const begun = await begin(
          query,
          judged.map(({ schedule }) => schedule.id),
          now,
          driveAt,
        );
        return { ended, begun };
      }),
    promote: (ids, now, driveAt) =>
      database.transaction(async (query) => {
        const wanted = ids ?? (await query<{ schedule_id: string }>(WAITING, [PROMOTED_AT_ONCE])).map((row) => row.schedule_id);
        if (wanted.length === 0) return [];
        const held = await query<{ id: string }>(LOCK_UNPAUSED, [wanted]);
        return begin(
          query,
          held.map(({ id }) => id),
          now,
          driveAt,
        );
      }),
    async unsettled(limit) {
      const rows = await database.query<{
        trace_id: string;
        status: string;
        finished_at: Date | null;
        reason_codes: string[] | null;
        error: ActionEnding['error'] | null;
      }>(UNSETTLED, [limit]);
      return rows.map((row) => ({
        traceId: row.trace_id,
        status: row.status,
        finishedAt: row.finished_at ?? undefined,
        reasonCodes: row.reason_codes ?? [],
        error: row.error ?? undefined,
      }));
    },
  };
}

type Judged = Consequence & { readonly schedule: StoredSchedule };

async function applyConsequences(query: Query, judged: readonly Judged[], now: Date): Promise<void> {
  if (judged.length === 0) return;
  await query(JUDGE, [
    judged.map(({ schedule }) => schedule.id),
    judged.map(({ failures }) => failures),
    judged.map(({ denied }) => denied),
    judged.map(({ pause }) => pause),
    now,
  ]);
  const notices = judged.flatMap((one) => one.notices);
  if (notices.length === 0) return;
  await query(NOTICE, [notices.map(({ id }) => id), notices.map(({ body }) => JSON.stringify(body)), now]);
}

/** Of schedules that are held: two replicas never begin a run of the same one at once. */
async function begin(query: Query, ids: readonly string[], now: Date, driveAt: Date): Promise<StoredRun[]> {
  if (ids.length === 0) return [];
  return (await query<RunRow>(BEGIN, [ids, now, driveAt])).map(runOf);
}

const LOCK_OF_TRACES = {
  name: 'schedules-lock-of-traces',
  text: `select * from schedules where id in (select schedule_id from worker_job_events where trace_id = any($1::text[])) order by id for update`,
};
// A job of the system that was dead-lettered may be replayed.
const END = {
  name: 'runs-end',
  text: `update worker_job_events e set status = n.status, finished_at = n.finished_at, reason = n.reason, error_message = n.error_message,
      runtime_seconds = extract(epoch from n.finished_at - e.started_at), payload = coalesce(n.report, e.payload), told = n.told, drive_at = null
    from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::json[], $7::boolean[])
      as n(trace_id, status, finished_at, reason, error_message, report, told)
    where e.trace_id = n.trace_id and (e.status = 'running' or (e.status = 'dead_lettered' and e.owner = 'system'))
    returning e.*`,
};
const JUDGE = {
  name: 'schedules-judge',
  text: `update schedules s set failures = n.failures, denied = n.denied,
      state = case when n.pause and s.state = 'active' then 'paused' else s.state end,
      paused_by = case when n.pause and s.state = 'active' then 'failures' else s.paused_by end,
      next_at = case when n.pause and s.state = 'active' then null else s.next_at end,
      fire_at = case when n.pause and s.state = 'active' then null else s.fire_at end,
      revision = case when n.pause and s.state = 'active' then s.revision + 1 else s.revision end,
      updated_at = case when n.pause and s.state = 'active' then $5 else s.updated_at end
    from unnest($1::text[], $2::int[], $3::boolean[], $4::boolean[]) as n(id, failures, denied, pause) where s.id = n.id`,
};
const NOTICE = {
  name: 'schedule-notices-add',
  text: `insert into schedule_notices (id, body, created_at) select n.id, n.body, $3 from unnest($1::text[], $2::json[]) as n(id, body)
    on conflict do nothing`,
};
const BEGIN = {
  name: 'runs-begin',
  text: `update worker_job_events e set status = 'running', started_at = $2, drive_at = $3 where e.status = 'waiting' and e.id in (
      select distinct on (w.schedule_id) w.id from worker_job_events w join schedules s on s.id = w.schedule_id and s.state <> 'paused'
      where w.schedule_id = any($1::text[]) and w.status = 'waiting'
        and not exists (select from worker_job_events r where r.schedule_id = w.schedule_id and r.status = 'running')
      order by w.schedule_id, w.scheduled_at, w.id)
    returning e.*`,
};
const WAITING = {
  name: 'runs-waiting',
  text: `select distinct w.schedule_id from worker_job_events w join schedules s on s.id = w.schedule_id and s.state <> 'paused'
    where w.status = 'waiting'
      and not exists (select from worker_job_events r where r.schedule_id = w.schedule_id and r.status = 'running') limit $1`,
};
const LOCK_UNPAUSED = {
  name: 'schedules-lock-unpaused',
  text: `select id from schedules where id = any($1::text[]) and state <> 'paused' order by id for update`,
};
const UNSETTLED = {
  name: 'runs-unsettled',
  text: `select e.trace_id, a.status, a.finished_at, a.reason_codes, a.error from worker_job_events e join actions a using (trace_id)
    where e.status = 'running' and e.owner <> 'system' and a.rank >= 2 limit $1`,
};
