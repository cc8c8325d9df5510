import type { DeadLetterFilter, DeadLetterStatus } from '@techno/contracts';
import type { Database } from '../database.ts';
import { whereOf } from './dead-letter-filter.ts';
import { type DeadLetterRow, rowOf, type StoredDeadLetter } from './dead-letter-rows.ts';

/** Who asks for a replay. The id of each message to publish is `<prefix>.<dead letter>.<replay>`, fixed before it is published. */
export interface ReplayClaim {
  readonly by: string;
  readonly prefix: string;
  /** Statuses from which a replay may start. */
  readonly from: readonly DeadLetterStatus[];
  readonly jobId?: string | undefined;
}

/** How a replay ended, as the record has it. */
export interface Ended {
  readonly id: number;
  readonly replay: number;
  readonly actor: string;
  readonly status: DeadLetterStatus;
  readonly retryCount: number;
  readonly outcome: string;
  readonly reasonCodes: readonly string[];
  readonly error: { readonly code?: string; readonly message?: string } | undefined;
}

/** What becomes of a dead letter, and the line of its history that says so. */
export interface Settling {
  readonly id: number;
  readonly replay: number;
  /** Where it must still stand. */
  readonly from: DeadLetterStatus;
  readonly to: DeadLetterStatus;
  readonly retryCount: number;
  readonly action: string;
  readonly by: string;
  readonly reason?: string | undefined;
  readonly code?: string | undefined;
  /** Where it failed again: the error it shows from now on. */
  readonly error?: { readonly message: string; readonly signature: string } | undefined;
}

/** The moves of dead letters: claimed, published, heard of again, settled. Each commits with the line of history that audits it. */
export interface Replays {
  /** Marks one as replaying; `payload` replaces what it holds. Undefined: it stands where no replay may start. */
  claimOne(id: number, claim: ReplayClaim, edit?: { payload: string; diff: unknown }): Promise<DeadLetterRow | undefined>;
  /** Marks those of these ids that may be replayed. */
  claimAll(ids: readonly number[], claim: ReplayClaim): Promise<DeadLetterRow[]>;
  /** Marks as stored by the bus. `done` are those of which nothing more will be heard. */
  published(rows: readonly { id: number; replayId: string; done: boolean }[]): Promise<void>;
  /** Replays that were claimed and of which nothing was heard in time, oldest first; each is given out again only later. */
  overdue(limit: number): Promise<DeadLetterRow[]>;
  /** Replayed actions that have ended in the record and not here. */
  ended(limit: number): Promise<Ended[]>;
  /** Moves those that still stand where they stood; gives their ids. */
  settle(rows: readonly Settling[]): Promise<Set<number>>;
  /** The oldest `limit` of these. */
  discard(
    filter: DeadLetterFilter,
    options: { from: readonly DeadLetterStatus[]; by: string; reason: string; limit: number },
  ): Promise<number>;
}

/** Claimed and not known to be published: the process that claimed it may be gone. Within the bus's duplicate window. */
const UNPUBLISHED_MS = 5_000;
/** Published and nothing heard: the bus may have lost it. */
const UNHEARD_MS = 60_000;

const CLAIM_SET = `status = 'replaying', replay = d.replay + 1, replay_id = $1::text || '.' || d.id || '.' || (d.replay + 1), job_id = $2::text,
  published_at = null, processed_at = null, reason = null, scheduled_for = now() + ${UNPUBLISHED_MS} * interval '1 millisecond'`;
/** Locked in one order by everybody, or two replicas that move the same ones could wait for each other. */
const HELD = `held as materialized (select id from worker_dlq where id = any($1::bigint[]) order by id for update)`;
const NOTE_CLAIMS = `insert into worker_dlq_events (dead_letter_id, action, by, trace_id, replay, data, audited)
  select id, 'replay_requested', $3::text, trace_id, replay, json_build_object('job_id', job_id, 'replay_id', replay_id, 'actor', actor), false from claimed`;

/**
 * SQL that claims what `chosen` (a select of ids, parameters from $4 on) finds. It is an array, here and wherever a limit is
 * locked: that is asked for once, where a plan may ask a subquery of `in` again for each row and lock the next ones then.
 */
export function claimSql(chosen: string): string {
  return `with claimed as (update worker_dlq d set ${CLAIM_SET} where d.id = any(array(${chosen})) returning d.*),
    noted as (${NOTE_CLAIMS}) select * from claimed order by id`;
}

export function createReplays(database: Database): Replays {
  const claimValues = ({ prefix, jobId, by, from }: ReplayClaim) => [prefix, jobId ?? null, by, from];
  return {
    async claimOne(id, claim, edit) {
      return database.transaction(async (query) => {
        if (edit !== undefined) {
          await query(
            {
              name: 'dlq-edit',
              text: `with before as (select id, payload, encoding, trace_id, replay, actor from worker_dlq where id = $1 and status = any($2) for update),
                noted as (insert into worker_dlq_events (dead_letter_id, action, by, trace_id, replay, data, audited)
                  select id, 'edited', $3, trace_id, replay,
                    json_build_object('diff', $5::json, 'before', payload, 'before_encoding', encoding, 'actor', actor), false from before)
                update worker_dlq d set payload = $4, encoding = 'json', quarantined = false from before where d.id = before.id`,
            },
            [id, claim.from, claim.by, edit.payload, JSON.stringify(edit.diff)],
          );
        }
        const [row] = await query<StoredDeadLetter>(
          {
            name: 'dlq-claim-one',
            text: claimSql('select id from worker_dlq where id = $5 and status = any($4::text[]) for update'),
          },
          [...claimValues(claim), id],
        );
        return row && rowOf(row);
      });
    },
    async claimAll(ids, claim) {
      const rows = await database.query<StoredDeadLetter>(
        {
          name: 'dlq-claim-all',
          text: claimSql(
            'select id from worker_dlq where id = any($5::bigint[]) and status = any($4::text[]) for update skip locked',
          ),
        },
        [...claimValues(claim), ids],
      );
      return rows.map(rowOf);
    },
    async published(rows) {
      if (rows.length === 0) return;
      await database.query(
        {
          name: 'dlq-published',
          text: `with ${HELD}, moved as (
              update worker_dlq d set published_at = coalesce(d.published_at, now()),
                status = case when n.done then 'replayed' else d.status end,
                processed_at = case when n.done then now() end,
                scheduled_for = case when n.done then null else now() + greatest(${UNHEARD_MS} * interval '1 millisecond',
                  least(now() - d.published_at, interval '10 minutes')) end
              from held join unnest($1::bigint[], $2::text[], $3::boolean[]) as n(id, replay_id, done) using (id)
              where d.id = held.id and d.replay_id = n.replay_id and d.status = 'replaying' returning d.*, n.done)
            insert into worker_dlq_events (dead_letter_id, action, by, trace_id, replay, data, audited)
              select id, 'replayed', 'bus', trace_id, replay, json_build_object('actor', actor, 'job_id', job_id), false from moved where done`,
        },
        [rows.map(({ id }) => id), rows.map(({ replayId }) => replayId), rows.map(({ done }) => done)],
      );
    },
    async overdue(limit) {
      const rows = await database.query<StoredDeadLetter>(
        {
          name: 'dlq-overdue',
          text: `update worker_dlq d set scheduled_for = now() + ${UNPUBLISHED_MS} * interval '1 millisecond'
            where d.id = any(array(select id from worker_dlq where status = 'replaying' and scheduled_for <= now()
              order by scheduled_for limit $1 for update skip locked)) returning d.*`,
        },
        [limit],
      );
      return rows.map(rowOf);
    },
    async ended(limit) {
      const rows = await database.query<{
        id: string;
        replay: number;
        actor: string;
        status: DeadLetterStatus;
        retry_count: number;
        outcome: string;
        reason_codes: string[] | null;
        error: Ended['error'] | null;
      }>(
        {
          name: 'dlq-ended',
          text: `select d.id, d.replay, d.actor, d.status, d.retry_count, a.status as outcome, a.reason_codes, a.error
            from worker_dlq d join actions a on a.trace_id = d.trace_id
            where d.status = 'replaying' and d.published_at is not null and a.rank >= 2 and a.replay >= d.replay limit $1`,
        },
        [limit],
      );
      return rows.map((row) => ({
        id: Number(row.id),
        replay: row.replay,
        actor: row.actor,
        status: row.status,
        retryCount: row.retry_count,
        outcome: row.outcome,
        reasonCodes: row.reason_codes ?? [],
        error: row.error ?? undefined,
      }));
    },
    async settle(rows) {
      if (rows.length === 0) return new Set();
      const moved = await database.query<{ dead_letter_id: string }>(
        {
          name: 'dlq-settle',
          text: `with ${HELD}, moved as (
              update worker_dlq d set status = n.target, retry_count = n.retry_count, reason = n.reason, scheduled_for = null,
                processed_at = case when n.target <> 'pending' then now() end,
                error_code = case when n.message is null then d.error_code else n.code end,
                error_message = coalesce(n.message, d.error_message), error_signature = coalesce(n.signature, d.error_signature)
              from held join unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[]) as n(id, replay, source, target, retry_count, action, by, reason, code, message,
                signature) using (id)
              where d.id = held.id and d.replay = n.replay and d.status = n.source
              returning d.*, n.action, n.by, n.code)
            insert into worker_dlq_events (dead_letter_id, action, by, trace_id, replay, data, audited)
              select id, action, by, trace_id, replay,
                json_build_object('actor', actor, 'job_id', job_id, 'code', coalesce(code, reason), 'reason', reason), false from moved
            returning dead_letter_id`,
        },
        [
          rows.map((r) => r.id),
          rows.map((r) => r.replay),
          rows.map((r) => r.from),
          rows.map((r) => r.to),
          rows.map((r) => r.retryCount),
          rows.map((r) => r.action),
          rows.map((r) => r.by),
          rows.map((r) => r.reason ?? null),
          rows.map((r) => r.code ?? null),
          rows.map((r) => r.error?.message ?? null),
          rows.map((r) => r.error?.signature ?? null),
        ],
      );
      return new Set(moved.map(({ dead_letter_id: id }) => Number(id)));
    },
    async discard(filter, { from, by, reason, limit }) {
      const where = whereOf(filter, [from, by, reason, limit]);
      const rows = await database.query(
        {
          name: `dlq-discard-${where.shape}`,
          text: `with moved as (
              update worker_dlq d set status = 'discarded', reason = $3, processed_at = now(), scheduled_for = null
              where d.id = any(array(select d.id from worker_dlq d where d.status = any($1::text[]) and ${where.text}
                order by d.id limit $4 for update)) returning d.*)
            insert into worker_dlq_events (dead_letter_id, action, by, trace_id, replay, data, audited)
              select id, 'discarded', $2, trace_id, replay, json_build_object('actor', actor, 'reason', $3::text), false from moved
            returning dead_letter_id`,
        },
        where.values,
      );
      return rows.length;
    },
  };
}
