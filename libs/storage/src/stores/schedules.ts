import type { PauseReason, ScheduleState } from '@techno/contracts';
import type { Database } from '../database.ts';
import {
  type Armable,
  documentOf,
  type NextOccurrence,
  type ScheduledWork,
  type ScheduleRow,
  scheduleOf,
  type StoredSchedule,
} from './schedule-rows.ts';

export interface NewSchedule {
  readonly id: string;
  readonly owner: string;
  readonly work: ScheduledWork;
  readonly next: NextOccurrence;
  readonly now: Date;
}

/** What a change makes of a schedule; what is not named stays. */
export interface ScheduleChange {
  readonly work?: ScheduledWork | undefined;
  readonly state: ScheduleState;
  readonly pausedBy?: PauseReason | undefined;
  readonly next: NextOccurrence | undefined;
  /** Occurrences are counted from here anew. */
  readonly countedFrom?: Date | undefined;
}

export interface ScheduleFilter {
  readonly owner?: string | undefined;
  readonly state?: ScheduleState | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** How long who committed an occurrence has to store the tick of the next one, before somebody else does. */
export const ARMING_MS = 3_000;

/** Schedules: as their owners know them, and the clock's part of them. `owner` limits to that principal's. */
export interface Schedules {
  create(schedule: NewSchedule): Promise<StoredSchedule>;
  find(id: string, owner?: string): Promise<StoredSchedule | undefined>;
  list(filter: ScheduleFilter): Promise<StoredSchedule[]>;
  /** Read, changed and written under its lock. What `change` throws is thrown; undefined: there is none. */
  change(
    id: string,
    owner: string | undefined,
    now: Date,
    change: (schedule: StoredSchedule) => ScheduleChange,
  ): Promise<StoredSchedule | undefined>;
  /** What waits is skipped; what runs goes on. */
  remove(id: string, owner: string | undefined, now: Date): Promise<boolean>;
  /** The system's own, as this version has them: added, changed where they differ, and ended where they are gone. */
  keepJobs(jobs: readonly NewSchedule[]): Promise<void>;
  /** Those that are due since `before` and were not dealt with: their tick was lost. */
  overdue(before: Date, limit: number): Promise<string[]>;
  /** Those due before `until` whose tick nobody is known to have stored; given to one replica at a time. */
  claimUnarmed(now: Date, until: Date, limit: number): Promise<Armable[]>;
  /** Their ticks are stored. */
  armed(ticks: readonly Armable[]): Promise<void>;
  /** Forgets what is armed, where it was armed in another incarnation of the stream. */
  noteStream(created: string): Promise<boolean>;
}

const OF = 'id = $1 and ($2::text is null or owner = $2)';

export function createSchedules(database: Database): Schedules {
  return {
    async create({ id, owner, work, next, now }) {
      const [row] = await database.query<ScheduleRow>(CREATE, [
        id,
        work.kind,
        owner,
        documentOf(work),
        now,
        next.nominalAt,
        next.fireAt,
        new Date(now.getTime() + ARMING_MS),
      ]);
      return scheduleOf(row as ScheduleRow);
    },
    async find(id, owner) {
      const [row] = await database.query<ScheduleRow>(
        { name: 'schedules-find', text: `select * from schedules where ${OF} and kind = 'action'` },
        [id, owner ?? null],
      );
      return row && scheduleOf(row);
    },
    async list({ owner, state, before, limit }) {
      const rows = await database.query<ScheduleRow>(
        {
          name: 'schedules-list',
          text: `select * from schedules where kind = 'action' and ($1::text is null or owner = $1) and ($2::text is null or state = $2)
            and ($3::text is null or id < $3) order by id desc limit $4`,
        },
        [owner ?? null, state ?? null, before ?? null, limit],
      );
      return rows.map(scheduleOf);
    },
    change: (id, owner, now, change) =>
      database.transaction(async (query) => {
        const [row] = await query<ScheduleRow>(
          { name: 'schedules-lock', text: `select * from schedules where ${OF} and kind = 'action' for update` },
          [id, owner ?? null],
        );
        if (row === undefined) return undefined;
        const before = scheduleOf(row);
        const after = change(before);
        const [changed] = await query<ScheduleRow>(CHANGE, [
          id,
          documentOf(after.work ?? before.work),
          after.state,
          after.pausedBy ?? null,
          after.countedFrom ?? before.countedFrom,
          after.next?.nominalAt ?? null,
          after.next?.fireAt ?? null,
          new Date(now.getTime() + ARMING_MS),
          now,
          after.work !== undefined || after.state === 'active',
        ]);
        return scheduleOf(changed as ScheduleRow);
      }),
    remove: (id, owner, now) =>
      database.transaction(async (query) => {
        const rows = await query(
          { name: 'schedules-remove', text: `delete from schedules where ${OF} and kind = 'action' returning id` },
          [id, owner ?? null],
        );
        if (rows.length === 0) return false;
        await query(
          {
            name: 'runs-drop-waiting',
            text: `update worker_job_events set status = 'skipped', reason = 'SCHEDULE_DELETED', finished_at = $2, told = false
              where schedule_id = $1 and status = 'waiting'`,
          },
          [id, now],
        );
        return true;
      }),
    keepJobs: (jobs) =>
      database.transaction(async (query) => {
        for (const { id, owner, work, next, now } of jobs) {
          await query(KEEP_JOB, [id, owner, documentOf(work), now, next.nominalAt, next.fireAt]);
        }
        await query(
          {
            name: 'schedules-end-jobs',
            text: `update schedules set state = 'ended', next_at = null, fire_at = null where kind = 'job' and state <> 'ended' and id <> all($1)`,
          },
          [jobs.map(({ id }) => id)],
        );
      }),
    async overdue(before, limit) {
      const rows = await database.query<{ id: string }>(
        {
          name: 'schedules-overdue',
          text: `select id from schedules where state = 'active' and fire_at < $1 order by fire_at limit $2`,
        },
        [before, limit],
      );
      return rows.map(({ id }) => id);
    },
    async claimUnarmed(now, until, limit) {
      const rows = await database.query<{ id: string; revision: number; fire_at: Date }>(CLAIM_UNARMED, [
        now,
        until,
        limit,
        new Date(now.getTime() + ARMING_MS),
      ]);
      return rows.map(({ id, revision, fire_at: fireAt }) => ({ id, revision, fireAt }));
    },
    async armed(ticks) {
      if (ticks.length === 0) return;
      await database.query(
        {
          name: 'schedules-armed',
          text: `with n as (select * from unnest($1::text[], $2::int[], $3::timestamptz[]) as n(id, revision, fire_at)),
              held as (select id from schedules where id = any($1::text[]) order by id for update)
            update schedules s set armed_for = n.fire_at from n join held using (id)
            where s.id = n.id and s.revision = n.revision and s.fire_at = n.fire_at`,
        },
        [ticks.map(({ id }) => id), ticks.map(({ revision }) => revision), ticks.map(({ fireAt }) => fireAt)],
      );
    },
    async noteStream(created) {
      const rows = await database.query(
        {
          name: 'schedules-note-stream',
          text: `with noted as (update schedule_clock set stream_created = $1 where stream_created <> $1 returning one),
              held as (select id from schedules where state = 'active' and armed_for is not null and exists (select from noted)
                order by id for update)
            update schedules s set armed_for = null from held where s.id = held.id returning s.id`,
        },
        [created],
      );
      return rows.length > 0;
    },
  };
}

const CREATE = {
  name: 'schedules-create',
  text: `insert into schedules (id, kind, owner, document, state, counted_from, next_at, fire_at, arm_after, created_at, updated_at)
    values ($1, $2, $3, $4, 'active', $5, $6, $7, $8, $5, $5) returning *`,
};
const CHANGE = {
  name: 'schedules-change',
  text: `update schedules set document = $2, state = $3, paused_by = $4, counted_from = $5, next_at = $6, fire_at = $7,
      armed_for = null, arm_after = $8, updated_at = $9, revision = revision + 1,
      failures = case when $10 then 0 else failures end, denied = case when $10 then false else denied end
    where id = $1 returning *`,
};
const KEEP_JOB = {
  name: 'schedules-keep-job',
  text: `insert into schedules as s (id, kind, owner, document, state, counted_from, next_at, fire_at, arm_after, created_at, updated_at)
    values ($1, 'job', $2, $3, 'active', $4, $5, $6, $4, $4, $4)
    on conflict (id) do update set document = excluded.document, state = 'active', next_at = excluded.next_at, fire_at = excluded.fire_at,
      armed_for = null, arm_after = excluded.arm_after, updated_at = excluded.updated_at, revision = s.revision + 1
    where s.document::text <> excluded.document::text or s.state <> 'active'`,
};
const CLAIM_UNARMED = {
  name: 'schedules-claim-unarmed',
  text: `update schedules set arm_after = $4 where id = any(array(
      select id from schedules where state = 'active' and armed_for is distinct from fire_at and fire_at <= $2 and arm_after <= $1
        order by fire_at limit $3 for update skip locked))
    returning id, revision, fire_at`,
};
