import type { PauseReason, RunStatus, RunTrigger, Schedule, ScheduleState } from '@techno/contracts';
import type { Database } from '../database.ts';

export type Query = Parameters<Parameters<Database['transaction']>[0]>[0];

/** What comes round: an action in its owner's name, or a job of the system. */
export type ScheduledWork =
  | { readonly kind: 'action'; readonly schedule: Schedule }
  | { readonly kind: 'job'; readonly everyMs: number };

/** An occurrence and the moment it is to start, which jitter puts later. */
export interface NextOccurrence {
  readonly nominalAt: Date;
  readonly fireAt: Date;
}

export interface StoredSchedule {
  readonly id: string;
  readonly owner: string;
  readonly work: ScheduledWork;
  readonly state: ScheduleState;
  readonly pausedBy: PauseReason | undefined;
  /** Grows with every change but those that time brings, so that ticks of before are told apart. */
  readonly revision: number;
  readonly countedFrom: Date;
  readonly next: NextOccurrence | undefined;
  /** In a row, failed or denied. */
  readonly failures: number;
  /** Whether the owner was told that it is denied. */
  readonly denied: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A tick to be stored by the bus. */
export interface Armable {
  readonly id: string;
  readonly revision: number;
  readonly fireAt: Date;
}

export type ScheduleRow = {
  id: string;
  kind: 'action' | 'job';
  owner: string;
  document: unknown;
  state: ScheduleState;
  paused_by: PauseReason | null;
  revision: number;
  counted_from: Date;
  next_at: Date | null;
  fire_at: Date | null;
  failures: number;
  denied: boolean;
  created_at: Date;
  updated_at: Date;
};

export function scheduleOf(row: ScheduleRow): StoredSchedule {
  return {
    id: row.id,
    owner: row.owner,
    work:
      row.kind === 'action'
        ? { kind: 'action', schedule: row.document as Schedule }
        : { kind: 'job', everyMs: (row.document as { every_ms: number }).every_ms },
    state: row.state,
    pausedBy: row.paused_by ?? undefined,
    revision: row.revision,
    countedFrom: row.counted_from,
    next: row.next_at === null || row.fire_at === null ? undefined : { nominalAt: row.next_at, fireAt: row.fire_at },
    failures: row.failures,
    denied: row.denied,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function documentOf(work: ScheduledWork): string {
  return JSON.stringify(work.kind === 'action' ? work.schedule : { every_ms: work.everyMs });
}

/** One occurrence and what becomes of it. */
export interface NewRun {
  readonly id: string;
  readonly jobName: string;
  /** Absent for what no schedule asked for. */
  readonly scheduleId: string | undefined;
  readonly owner: string;
  /** Its name among all runs there ever were; a second one of that name is not taken. */
  readonly occurrence: string;
  readonly trigger: RunTrigger;
  readonly status: RunStatus;
  readonly reason?: string | undefined;
  readonly scheduledAt: Date;
  readonly startedAt?: Date | undefined;
  readonly finishedAt?: Date | undefined;
  readonly payload?: unknown;
  readonly traceId: string;
  readonly traceparent: string;
  /** From when it is driven again, unless it has ended. */
  readonly driveAt?: Date | undefined;
  /** False: the trail is still to be told of it. */
  readonly told: boolean;
}

export interface StoredRun extends NewRun {
  readonly runtimeSeconds?: number | undefined;
  readonly errorMessage?: string | undefined;
  /** Times it was driven again. */
  readonly drives: number;
}

export type RunRow = {
  id: string;
  job_name: string;
  schedule_id: string | null;
  owner: string;
  occurrence: string;
  trigger: RunTrigger;
  status: RunStatus;
  reason: string | null;
  scheduled_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  runtime_seconds: number | null;
  payload: unknown;
  error_message: string | null;
  trace_id: string;
  traceparent: string;
  drives: number;
  drive_at: Date | null;
  told: boolean;
};

export function runOf(row: RunRow): StoredRun {
  return {
    id: row.id,
    jobName: row.job_name,
    scheduleId: row.schedule_id ?? undefined,
    owner: row.owner,
    occurrence: row.occurrence,
    trigger: row.trigger,
    status: row.status,
    reason: row.reason ?? undefined,
    scheduledAt: row.scheduled_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    runtimeSeconds: row.runtime_seconds ?? undefined,
    payload: row.payload ?? undefined,
    errorMessage: row.error_message ?? undefined,
    traceId: row.trace_id,
    traceparent: row.traceparent,
    drives: row.drives,
    driveAt: row.drive_at ?? undefined,
    told: row.told,
  };
}

/**
 * Adds runs; gives those that were taken. One whose occurrence is there already is not, unless it was never run and is now
 * asked for by a backfill.
 */
export async function insertRuns(query: Query, runs: readonly NewRun[]): Promise<StoredRun[]> {
  if (runs.length === 0) return [];
  const rows = await query<RunRow>(INSERT, [
    runs.map((run) => run.id),
    runs.map((run) => run.jobName),
    runs.map((run) => run.scheduleId ?? null),
    runs.map((run) => run.owner),
    runs.map((run) => run.occurrence),
    runs.map((run) => run.trigger),
    runs.map((run) => run.status),
    runs.map((run) => run.reason ?? null),
    runs.map((run) => run.scheduledAt),
    runs.map((run) => run.startedAt ?? null),
    runs.map((run) => run.finishedAt ?? null),
    runs.map((run) => (run.payload === undefined ? null : JSON.stringify(run.payload))),
    runs.map((run) => run.traceId),
    runs.map((run) => run.traceparent),
    runs.map((run) => run.driveAt ?? null),
    runs.map((run) => run.told),
  ]);
  return rows.map(runOf);
}

const INSERT = {
  name: 'runs-insert',
  text: `insert into worker_job_events as e (id, job_name, schedule_id, owner, occurrence, trigger, status, reason, scheduled_at,
      started_at, finished_at, payload, trace_id, traceparent, drive_at, told)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::json[], $13::text[], $14::text[], $15::timestamptz[], $16::boolean[])
    on conflict (occurrence) do update set (id, trigger, status, reason, started_at, finished_at, payload, trace_id, traceparent, drive_at, told) =
      (excluded.id, excluded.trigger, excluded.status, excluded.reason, excluded.started_at, excluded.finished_at, excluded.payload,
        excluded.trace_id, excluded.traceparent, excluded.drive_at, excluded.told)
      where excluded.trigger = 'backfill' and e.status in ('skipped', 'missed')
    returning *`,
};
