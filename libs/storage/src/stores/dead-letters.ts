import type { DeadLetterFilter, DeadLetterStatus } from '@techno/contracts';
import type { Database } from '../database.ts';
import { seenCommit } from '../observe.ts';
import { whereOf } from './dead-letter-filter.ts';
import { type DeadLetterRow, type FailedMessage, rowOf, type StoredDeadLetter } from './dead-letter-rows.ts';

/** A failure that arrived, ready to be stored. Times are RFC 3339. */
export interface NewDeadLetter extends FailedMessage {
  /** The failed message's id, its actor and its replay: the same failure told twice has the same key. */
  readonly key: string;
  readonly firstFailureAt: string;
  readonly lastFailureAt: string;
  /** The dead letter whose replay this is the failure of. */
  readonly replayOf: number | undefined;
}

/** What a failure does to the dead letter whose replay it is. */
export interface FailedAgain {
  readonly id: number;
  readonly status: DeadLetterStatus;
  readonly retryCount: number;
  readonly failure: NewDeadLetter;
}

export interface Standing {
  readonly id: number;
  readonly status: DeadLetterStatus;
  readonly replay: number;
  readonly retryCount: number;
  readonly jobName: string;
}

/** Where a failure belongs: to nothing stored yet, or to a replay that failed, with what becomes of it (nothing, if it is old news). */
export type Placing = (
  failure: NewDeadLetter,
  standing: Standing | undefined,
) => FailedAgain | 'new' | { readonly notedAt: number };

export interface Group {
  readonly signature: string;
  readonly actor: string;
  readonly errorCode: string;
  readonly count: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly sample: DeadLetterRow;
}

/** The replayer's record of what failed for good. */
export interface DeadLetters {
  /**
   * Stores what is new of these failures in one transaction; `place` decides where each belongs. Gives the actors of replays
   * that failed. `traceparent`: where it is seen.
   */
  store(
    failures: readonly NewDeadLetter[],
    place: Placing,
    traceparent?: string,
  ): Promise<{ stored: number; failedAgain: string[] }>;
  /** Whether a failure of that key was stored, however long ago. */
  knows(key: string): Promise<boolean>;
  find(id: number): Promise<DeadLetterRow | undefined>;
  findAll(ids: readonly number[]): Promise<DeadLetterRow[]>;
  /** Newest first, below `before`; or oldest first, above `after`. */
  list(
    filter: DeadLetterFilter,
    page: { before?: number | undefined; after?: number | undefined; limit: number },
  ): Promise<DeadLetterRow[]>;
  groups(filter: DeadLetterFilter, limit: number): Promise<Group[]>;
  countByActor(filter: DeadLetterFilter): Promise<{ actor: string; count: number }[]>;
  pending(): Promise<{ actor: string; count: number; oldestAt: Date }[]>;
  /** Deletes what has that status and was dealt with before; `dryRun` only counts. At most `limit` at once. */
  purge(status: DeadLetterStatus, before: Date, options: { dryRun: boolean; limit: number }): Promise<number>;
}

const KNOWN = { name: 'dlq-known', text: 'select key from worker_dlq_events where key = any($1::text[])' };
const STANDING = {
  name: 'dlq-standing',
  text: 'select id, status, replay, retry_count, job_name from worker_dlq where id = any($1::bigint[]) order by id for update',
};
const INSERT = {
  name: 'dlq-insert',
  text: `insert into worker_dlq (key, job_name, payload, encoding, error_message, error_code, error_kind, error_signature, error_stack,
      actor, stream, seq, subject, headers, trace_id, traceparent, attempts, first_failure_at, last_failure_at, quarantined, replay)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::text[], $11::text[], $12::bigint[], $13::text[], $14::json[], $15::text[], $16::text[], $17::int[], $18::timestamptz[],
      $19::timestamptz[], $20::boolean[], $21::int[])
    on conflict (key) do nothing returning id, key`,
};
const FAIL_AGAIN = {
  name: 'dlq-fail-again',
  text: `update worker_dlq d set status = n.status, retry_count = n.retry_count, error_message = n.message, error_code = n.code,
      error_kind = n.kind, error_signature = n.signature, error_stack = n.stack, traceparent = n.traceparent,
      attempts = n.attempts, last_failure_at = n.last_failure_at, quarantined = n.quarantined, actor = n.actor,
      scheduled_for = null, processed_at = null, reason = null
    from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::int[], $11::timestamptz[], $12::boolean[], $13::text[])
      as n(id, status, retry_count, message, code, kind, signature, stack, traceparent, attempts, last_failure_at, quarantined, actor)
    where d.id = n.id`,
};
// The dead letter itself is in the audit trail by its own message.
const NOTE_FAILURES = {
  name: 'dlq-note-failures',
  text: `insert into worker_dlq_events (dead_letter_id, key, at, action, by, trace_id, replay, data, audited)
    select id, key, at, 'failed', by, trace_id, replay, data, true
    from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::int[], $7::json[]) as n(id, key, at, by, trace_id, replay, data)
    on conflict (key) do nothing`,
};

// The keys outlive what they name, for as long as the bus keeps the dead letters: read again, they must not come back.
const FORGET = {
  name: 'dlq-forget',
  text: `update worker_dlq_events set dead_letter_id = null, data = '{}' where dead_letter_id = any($1::bigint[]) and key is not null`,
};
const FORGET_KEYS = {
  name: 'dlq-forget-keys',
  text: `delete from worker_dlq_events where dead_letter_id is null and audited and at < now() - interval '100 days'`,
};

type Query = Parameters<Parameters<Database['transaction']>[0]>[0];

const COMMIT = { operation: 'INSERT', table: 'worker_dlq' } as const;

export function createDeadLetters(database: Database): DeadLetters {
  return {
    store: (failures, place, traceparent) =>
      seenCommit(database.observer, COMMIT, { rows: failures.length, traceparent }, () =>
        database.transaction((query) => storeAll(query, failures, place)),
      ),
    knows: async (key) => (await database.query(KNOWN, [[key]])).length > 0,
    async find(id) {
      const [row] = await database.query<StoredDeadLetter>({ name: 'dlq-find', text: 'select * from worker_dlq where id = $1' }, [
        id,
      ]);
      return row && rowOf(row);
    },
    async findAll(ids) {
      const text = 'select * from worker_dlq where id = any($1::bigint[]) order by id';
      return (await database.query<StoredDeadLetter>({ name: 'dlq-find-all', text }, [ids])).map(rowOf);
    },
    async list(filter, { before, after, limit }) {
      const where = whereOf(filter, [limit, before ?? after ?? null]);
      const [edge, order] = after === undefined ? ['d.id < $2', 'desc'] : ['d.id > $2', 'asc'];
      const rows = await database.query<StoredDeadLetter>(
        {
          name: `dlq-list-${order}-${where.shape}`,
          text: `select d.* from worker_dlq d where ($2::bigint is null or ${edge}) and ${where.text} order by d.id ${order} limit $1`,
        },
        where.values,
      );
      return rows.map(rowOf);
    },
    async groups(filter, limit) {
      const where = whereOf(filter, [limit]);
      const rows = await database.query<StoredDeadLetter & { count: string; first_seen: Date; last_seen: Date }>(
        {
          name: `dlq-groups-${where.shape}`,
          text: `select s.*, g.count, g.first_seen, g.last_seen from (
              select d.error_signature, count(*) as count, min(d.first_failure_at) as first_seen, max(d.last_failure_at) as last_seen,
                max(d.id) as sample from worker_dlq d where ${where.text}
              group by d.error_signature order by count desc, d.error_signature limit $1) g
            join worker_dlq s on s.id = g.sample order by g.count desc, g.error_signature`,
        },
        where.values,
      );
      return rows.map((row) => ({
        signature: row.error_signature,
        actor: row.actor,
        errorCode: row.error_code,
        count: Number(row.count),
        firstSeen: row.first_seen,
        lastSeen: row.last_seen,
        sample: rowOf(row),
      }));
    },
    async countByActor(filter) {
      const where = whereOf(filter);
      const rows = await database.query<{ actor: string; count: string }>(
        {
          name: `dlq-count-${where.shape}`,
          text: `select d.actor, count(*) from worker_dlq d where ${where.text} group by d.actor order by d.actor`,
        },
        where.values,
      );
      return rows.map(({ actor, count }) => ({ actor, count: Number(count) }));
    },
    async pending() {
      const rows = await database.query<{ actor: string; count: string; oldest: Date }>(
        {
          name: 'dlq-pending',
          text: `select actor, count(*), min(first_failure_at) as oldest from worker_dlq where status = 'pending' group by actor`,
        },
        [],
      );
      return rows.map(({ actor, count, oldest }) => ({ actor, count: Number(count), oldestAt: oldest }));
    },
    async purge(status, before, { dryRun, limit }) {
      const condition = 'status = $1 and coalesce(processed_at, last_failure_at) < $2';
      if (dryRun) {
        const [row] = await database.query<{ count: string }>(
          { name: 'dlq-purgeable', text: `select count(*) from worker_dlq where ${condition}` },
          [status, before],
        );
        return Number(row?.count ?? 0);
      }
      // What the audit trail has not been told yet stays until it has.
      return database.transaction(async (query) => {
        const rows = await query<{ id: string }>(
          {
            name: 'dlq-purge-choose',
            text: `select id from worker_dlq d where ${condition}
              and not exists (select 1 from worker_dlq_events e where e.dead_letter_id = d.id and not e.audited)
              order by id limit $3 for update skip locked`,
          },
          [status, before, limit],
        );
        const ids = rows.map(({ id }) => id);
        await query(FORGET, [ids]);
        await query({ name: 'dlq-purge', text: 'delete from worker_dlq where id = any($1::bigint[])' }, [ids]);
        await query(FORGET_KEYS, []);
        return ids.length;
      });
    },
  };
}

async function storeAll(query: Query, failures: readonly NewDeadLetter[], place: Placing) {
  const known = new Set((await query<{ key: string }>(KNOWN, [failures.map(({ key }) => key)])).map(({ key }) => key));
  const fresh = failures.filter(({ key }) => !known.has(key) && known.add(key));
  if (fresh.length === 0) return { stored: 0, failedAgain: [] };
  const standing = await standingOf(query, fresh);

  const news: NewDeadLetter[] = [];
  const again = new Map<number, FailedAgain>();
  const notes: { id: number; failure: NewDeadLetter }[] = [];
  const failedAgain: string[] = [];
  for (const failure of fresh) {
    const placed = place(failure, standing.get(failure.replayOf ?? 0));
    if (placed === 'new') news.push(failure);
    else if ('notedAt' in placed) notes.push({ id: placed.notedAt, failure });
    else {
      again.set(placed.id, placed);
      notes.push({ id: placed.id, failure });
      const before = standing.get(placed.id);
      if (before !== undefined && placed.retryCount > before.retryCount) failedAgain.push(failure.actor);
      if (before !== undefined) standing.set(placed.id, { ...before, status: placed.status, retryCount: placed.retryCount });
    }
  }
  const ids = new Map((await insertAll(query, news)).map(({ id, key }) => [key, Number(id)]));
  for (const failure of news) {
    const id = ids.get(failure.key);
    if (id !== undefined) notes.push({ id, failure });
  }
  await failAgain(query, [...again.values()]);
  await noteFailures(query, notes);
  return { stored: ids.size, failedAgain };
}

async function standingOf(query: Query, failures: readonly NewDeadLetter[]): Promise<Map<number, Standing>> {
  const linked = failures.flatMap(({ replayOf }) => replayOf ?? []);
  if (linked.length === 0) return new Map();
  const rows = await query<{ id: string; status: DeadLetterStatus; replay: number; retry_count: number; job_name: string }>(
    STANDING,
    [linked],
  );
  return new Map(
    rows.map((row) => [
      Number(row.id),
      { id: Number(row.id), status: row.status, replay: row.replay, retryCount: row.retry_count, jobName: row.job_name },
    ]),
  );
}

async function insertAll(query: Query, news: readonly NewDeadLetter[]): Promise<{ id: string; key: string }[]> {
  if (news.length === 0) return [];
  return query<{ id: string; key: string }>(INSERT, [
    news.map((n) => n.key),
    news.map((n) => n.jobName),
    news.map((n) => n.payload),
    news.map((n) => n.encoding),
    news.map((n) => n.errorMessage),
    news.map((n) => n.errorCode),
    news.map((n) => n.errorKind),
    news.map((n) => n.errorSignature),
    news.map((n) => n.errorStack ?? null),
    news.map((n) => n.actor),
    news.map((n) => n.stream),
    news.map((n) => n.seq),
    news.map((n) => n.subject),
    news.map((n) => JSON.stringify(n.headers)),
    news.map((n) => n.traceId ?? null),
    news.map((n) => n.traceparent),
    news.map((n) => n.attempts),
    news.map((n) => n.firstFailureAt),
    news.map((n) => n.lastFailureAt),
    news.map((n) => n.quarantined),
    news.map((n) => n.replay),
  ]);
}

async function failAgain(query: Query, rows: readonly FailedAgain[]): Promise<void> {
  if (rows.length === 0) return;
  await query(FAIL_AGAIN, [
    rows.map((r) => r.id),
    rows.map((r) => r.status),
    rows.map((r) => r.retryCount),
    rows.map((r) => r.failure.errorMessage),
    rows.map((r) => r.failure.errorCode),
    rows.map((r) => r.failure.errorKind),
    rows.map((r) => r.failure.errorSignature),
    rows.map((r) => r.failure.errorStack ?? null),
    rows.map((r) => r.failure.traceparent),
    rows.map((r) => r.failure.attempts),
    rows.map((r) => r.failure.lastFailureAt),
    rows.map((r) => r.failure.quarantined),
    rows.map((r) => r.failure.actor),
  ]);
}

async function noteFailures(query: Query, notes: readonly { id: number; failure: NewDeadLetter }[]): Promise<void> {
  if (notes.length === 0) return;
  await query(NOTE_FAILURES, [
    notes.map(({ id }) => id),
    notes.map(({ failure }) => failure.key),
    notes.map(({ failure }) => failure.lastFailureAt),
    notes.map(({ failure }) => failure.actor),
    notes.map(({ failure }) => failure.traceId ?? null),
    notes.map(({ failure }) => failure.replay),
    notes.map(({ failure: f }) =>
      JSON.stringify({
        code: f.errorCode,
        kind: f.errorKind,
        message: f.errorMessage,
        stack: f.errorStack,
        attempts: f.attempts,
        first_failure_at: f.firstFailureAt,
        subject: f.subject,
        stream: f.stream,
        seq: f.seq,
      }),
    ),
  ]);
}
