import type { RunStatus } from '@techno/contracts';
import type { Database } from '../database.ts';
import { insertRuns, type NewRun, type RunRow, runOf, type StoredRun } from './schedule-rows.ts';

export interface RunFilter {
  readonly scheduleId?: string | undefined;
  readonly owner?: string | undefined;
  readonly jobName?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** What an owner is still to be told. */
export interface Notice {
  readonly id: string;
  readonly body: unknown;
}

/** `worker_job_events`: every run, what is still to be done about it, and who is to be told. */
export interface JobEvents {
  /** Adds runs that no schedule's turn brought; gives those that were new. */
  add(runs: readonly NewRun[]): Promise<StoredRun[]>;
  find(id: string): Promise<StoredRun | undefined>;
  list(filter: RunFilter): Promise<StoredRun[]>;
  /** A run of a job of the system begins, or begins again. Undefined: it has ended. */
  begin(id: string, now: Date): Promise<StoredRun | undefined>;
  /** What went wrong with a try of a run that will be tried again. */
  noteError(id: string, message: string): Promise<void>;
  /** Running ones past their time, counted as driven once more; each is given out again only later, at most after ten minutes. */
  overdue(now: Date, delayMs: number, limit: number): Promise<StoredRun[]>;
  /** NATS did not take them: they are due to be driven again. */
  undriven(ids: readonly string[], now: Date): Promise<void>;
  /** Ended ones of which the trail has not been told, oldest first. */
  untold(limit: number): Promise<StoredRun[]>;
  told(ids: readonly string[]): Promise<void>;
  notices(limit: number): Promise<Notice[]>;
  noticed(ids: readonly string[]): Promise<void>;
  /** Forgets runs that ended before, `limit` at a time; gives how many. */
  trim(before: Date, limit: number): Promise<number>;
}

const MAX_DELAY_MS = 600_000;

export function createJobEvents(database: Database): JobEvents {
  const write = async (name: string, text: string, values: unknown[]) => {
    await database.query({ name, text }, values);
  };
  return {
    add: (runs) => database.transaction((query) => insertRuns(query, runs)),
    async find(id) {
      const [row] = await database.query<RunRow>({ name: 'runs-find', text: 'select * from worker_job_events where id = $1' }, [
        id,
      ]);
      return row && runOf(row);
    },
    async list({ scheduleId, owner, jobName, status, before, limit }) {
      const conditions: string[] = [];
      const values: unknown[] = [limit];
      const add = (condition: (parameter: string) => string, value: unknown) => {
        if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
      };
      add((n) => `schedule_id = ${n}`, scheduleId);
      add((n) => `owner = ${n}`, owner);
      add((n) => `job_name = ${n}`, jobName);
      add((n) => `status = ${n}`, status);
      add((n) => `id < ${n}`, before);
      const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
      const shape = [scheduleId, owner, jobName, status, before].map((one) => (one === undefined ? 0 : 1)).join('');
      const rows = await database.query<RunRow>(
        { name: `runs-list-${shape}`, text: `select * from worker_job_events ${where} order by id desc limit $1` },
        values,
      );
      return rows.map(runOf);
    },
    async begin(id, now) {
      const [row] = await database.query<RunRow>(
        {
          name: 'runs-begin-job',
          text: `update worker_job_events set started_at = case when status = 'running' then coalesce(started_at, $2) else $2 end
            where id = $1 and status in ('running', 'dead_lettered') returning *`,
        },
        [id, now],
      );
      return row && runOf(row);
    },
    noteError: (id, message) =>
      write('runs-note-error', `update worker_job_events set error_message = $2 where id = $1 and status = 'running'`, [
        id,
        message,
      ]),
    async overdue(now, delayMs, limit) {
      const rows = await database.query<RunRow>(OVERDUE, [now, delayMs, MAX_DELAY_MS, limit]);
      return rows.map(runOf);
    },
    async undriven(ids, now) {
      if (ids.length === 0) return;
      await write(
        'runs-undriven',
        `update worker_job_events set drive_at = $2 where id = any($1::text[]) and status = 'running'`,
        [ids, now],
      );
    },
    async untold(limit) {
      const rows = await database.query<RunRow>(
        { name: 'runs-untold', text: 'select * from worker_job_events where not told order by id limit $1' },
        [limit],
      );
      return rows.map(runOf);
    },
    told: (ids) => write('runs-told', 'update worker_job_events set told = true where id = any($1::text[])', [ids]),
    notices: (limit) =>
      database.query<{ id: string; body: unknown }>(
        { name: 'schedule-notices', text: 'select id, body from schedule_notices order by created_at, id limit $1' },
        [limit],
      ),
    noticed: (ids) => write('schedule-noticed', 'delete from schedule_notices where id = any($1::text[])', [ids]),
    async trim(before, limit) {
      const rows = await database.query(
        {
          name: 'runs-trim',
          text: `delete from worker_job_events where id = any(array(select id from worker_job_events where finished_at < $1
            order by finished_at limit $2 for update skip locked)) returning id`,
        },
        [before, limit],
      );
      return rows.length;
    },
  };
}

const OVERDUE = {
  name: 'runs-overdue',
  text: `with due as (
      select id from worker_job_events where status = 'running' and drive_at <= $1 order by drive_at limit $4 for update skip locked)
    update worker_job_events e set drives = e.drives + 1,
      drive_at = $1::timestamptz + least($2::float8 * 2 ^ least(e.drives + 1, 20), $3::float8) * interval '1 millisecond'
    from due where e.id = due.id returning e.*`,
};
