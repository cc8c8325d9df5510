import type { DeadLetterStatus, ReplayFilter, ReplayJobStatus } from '@techno/contracts';
import type { Database } from '../database.ts';
import { type Where, whereOf } from './dead-letter-filter.ts';
import { type DeadLetterRow, rowOf, type StoredDeadLetter } from './dead-letter-rows.ts';
import { claimSql } from './replays.ts';

/** A bulk replay: what it covers, how fast, how far. */
export interface ReplayJob {
  readonly id: string;
  readonly actor: string;
  readonly filter: ReplayFilter;
  readonly status: ReplayJobStatus;
  readonly ratePerSecond: number;
  readonly total: number;
  readonly sent: number;
  readonly traceId: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | undefined;
  /** Of the dead letters it has replayed, by status. */
  readonly counts: Readonly<Partial<Record<DeadLetterStatus, number>>>;
}

export interface NewReplayJob {
  readonly id: string;
  readonly actor: string;
  readonly filter: ReplayFilter;
  readonly ratePerSecond: number;
  readonly total: number;
  readonly traceId: string;
  readonly createdBy: string;
}

export interface ReplayJobs {
  /** All or none. False: one of the actors has an active job already. */
  create(jobs: readonly NewReplayJob[]): Promise<boolean>;
  find(id: string): Promise<ReplayJob | undefined>;
  list(limit: number): Promise<ReplayJob[]>;
  /** Moves a job from one of `from`; undefined where it stands elsewhere or does not exist. */
  steer(id: string, from: readonly ReplayJobStatus[], to: ReplayJobStatus, by: string): Promise<ReplayJob | undefined>;
  /** Takes the lease of a running job nobody drives. */
  take(driver: string, leaseMs: number): Promise<ReplayJob | undefined>;
  /**
   * The next `limit` messages of a job, marked as replaying before anything is published, and the lease prolonged, in one
   * transaction. Undefined: the job is paused, ended, or somebody else's.
   */
  claim(job: ReplayJob, options: { driver: string; limit: number; leaseMs: number }): Promise<DeadLetterRow[] | undefined>;
  /** Ends a job that has nothing left to send. */
  complete(job: ReplayJob, driver: string): Promise<boolean>;
  release(id: string, driver: string): Promise<void>;
}

type Stored = {
  id: string;
  actor: string;
  filter: ReplayFilter;
  status: ReplayJobStatus;
  rate_per_second: number;
  total: number;
  sent: number;
  trace_id: string;
  created_by: string;
  created_at: Date;
  finished_at: Date | null;
  counts: Partial<Record<DeadLetterStatus, number>> | null;
};

const COUNTS = `(select json_object_agg(status, count) from
  (select status, count(*) as count from worker_dlq where job_id = j.id group by status) c) as counts`;

/** What a job still has to send: what it covers, known when it was made, and not sent by it before. Its own id is `$1`. */
function remaining(job: ReplayJob, given: readonly unknown[]): Where {
  const where = whereOf({ ...job.filter, actor: job.actor }, [job.id, ...given]);
  return {
    ...where,
    text: `d.job_id is distinct from $1 and d.created_at <= (select created_at from replay_jobs where id = $1) and ${where.text}`,
  };
}

export function createReplayJobs(database: Database): ReplayJobs {
  return {
    create: (jobs) =>
      database
        .transaction(async (query) => {
          await query(
            {
              name: 'replay-jobs-create',
              text: `with made as (
                  insert into replay_jobs (id, actor, filter, status, rate_per_second, total, trace_id, created_by)
                  select id, actor, filter, 'running', rate, total, trace_id, by
                  from unnest($1::text[], $2::text[], $3::json[], $4::int[], $5::int[], $6::text[], $7::text[])
                    as n(id, actor, filter, rate, total, trace_id, by) returning *)
                insert into worker_dlq_events (action, by, trace_id, data, audited)
                select 'job_created', created_by, trace_id, json_build_object('job_id', id, 'actor', actor, 'count', total), false from made`,
            },
            [
              jobs.map((j) => j.id),
              jobs.map((j) => j.actor),
              jobs.map((j) => JSON.stringify(j.filter)),
              jobs.map((j) => j.ratePerSecond),
              jobs.map((j) => j.total),
              jobs.map((j) => j.traceId),
              jobs.map((j) => j.createdBy),
            ],
          );
          return true;
        })
        .catch((error: unknown) => {
          if (isActiveTwice(error)) return false;
          throw error;
        }),
    async find(id) {
      const [row] = await database.query<Stored>(
        { name: 'replay-jobs-find', text: `select j.*, ${COUNTS} from replay_jobs j where j.id = $1` },
        [id],
      );
      return row && jobOf(row);
    },
    async list(limit) {
      const rows = await database.query<Stored>(
        { name: 'replay-jobs-list', text: `select j.*, ${COUNTS} from replay_jobs j order by j.created_at desc limit $1` },
        [limit],
      );
      return rows.map(jobOf);
    },
    async steer(id, from, to, by) {
      const action = to === 'running' ? 'job_resumed' : `job_${to}`;
      const [row] = await database.query<Stored>(
        {
          name: 'replay-jobs-steer',
          text: `with j as (
              update replay_jobs set status = $3, leased_until = null, leased_by = null,
                finished_at = case when $3 in ('cancelled', 'completed') then now() end
              where id = $1 and status = any($2::text[]) returning *),
            noted as (insert into worker_dlq_events (action, by, trace_id, data, audited)
              select $4, $5, trace_id, json_build_object('job_id', id, 'actor', actor), false from j)
            select j.*, ${COUNTS} from j`,
        },
        [id, from, to, action, by],
      );
      return row && jobOf(row);
    },
    async take(driver, leaseMs) {
      const [row] = await database.query<Stored>(
        {
          name: 'replay-jobs-take',
          text: `update replay_jobs j set leased_by = $1, leased_until = now() + $2 * interval '1 millisecond'
            where j.id = (select id from replay_jobs where status = 'running' and (leased_until is null or leased_until < now())
              order by created_at limit 1 for update skip locked) returning j.*, null as counts`,
        },
        [driver, leaseMs],
      );
      return row && jobOf(row);
    },
    claim: (job, { driver, limit, leaseMs }) =>
      database.transaction(async (query) => {
        const [held] = await query(
          {
            name: 'replay-jobs-hold',
            text: `update replay_jobs set leased_until = now() + $3 * interval '1 millisecond'
              where id = $1 and status = 'running' and leased_by = $2 returning id`,
          },
          [job.id, driver, leaseMs],
        );
        if (held === undefined) return undefined;
        if (limit === 0) return [];
        const where = remaining(job, [job.id, job.createdBy, limit]);
        const rows = await query<StoredDeadLetter>(
          {
            name: `replay-jobs-claim-${where.shape}`,
            text: claimSql(`select d.id from worker_dlq d where ${where.text} order by d.id limit $4 for update skip locked`),
          },
          where.values,
        );
        await query({ name: 'replay-jobs-sent', text: 'update replay_jobs set sent = sent + $2 where id = $1' }, [
          job.id,
          rows.length,
        ]);
        return rows.map(rowOf);
      }),
    async complete(job, driver) {
      const where = remaining(job, [driver]);
      const rows = await database.query(
        {
          name: `replay-jobs-complete-${where.shape}`,
          text: `with j as (
              update replay_jobs set status = 'completed', finished_at = now(), leased_by = null, leased_until = null
              where id = $1 and status = 'running' and leased_by = $2
                and not exists (select 1 from worker_dlq d where ${where.text}) returning *)
            insert into worker_dlq_events (action, by, trace_id, data, audited)
              select 'job_completed', created_by, trace_id, json_build_object('job_id', id, 'actor', actor, 'count', sent), false from j
            returning id`,
        },
        where.values,
      );
      return rows.length > 0;
    },
    async release(id, driver) {
      await database.query(
        {
          name: 'replay-jobs-release',
          text: 'update replay_jobs set leased_by = null, leased_until = null where id = $1 and leased_by = $2',
        },
        [id, driver],
      );
    },
  };
}

/** The unique index on the active job of an actor. */
function isActiveTwice(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'constraint' in cause && cause.constraint === 'replay_jobs_one_active';
}

function jobOf(row: Stored): ReplayJob {
  return {
    id: row.id,
    actor: row.actor,
    filter: row.filter,
    status: row.status,
    ratePerSecond: row.rate_per_second,
    total: row.total,
    sent: row.sent,
    traceId: row.trace_id,
    createdBy: row.created_by,
    createdAt: row.created_at,
    finishedAt: row.finished_at ?? undefined,
    counts: row.counts ?? {},
  };
}
