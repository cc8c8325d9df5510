import type { ActionRequested } from '@techno/contracts';
import { createBatcher } from '../batcher.ts';
import { column, columnOf } from '../columns.ts';
import type { Database } from '../database.ts';

/** A request at the moment it is accepted. */
export interface InboxEntry {
  readonly request: ActionRequested;
  /** W3C traceparent of its root span, so that a later drive joins the same trace. */
  readonly traceparent: string;
  /** The keyed hash of the key, or `webhook:<source>`: whose idempotency keys these are. */
  readonly caller: string;
  readonly idempotencyKey?: string | undefined;
  readonly messageId?: string | undefined;
  /** SHA-256 of the request, to tell a repeat from a reuse of the key. */
  readonly fingerprint: string;
  /** From when it is committed until the sweeper asks whether it has ended. Not negative. */
  readonly dueInMs: number;
}

/** What was answered first, to be answered again. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

export type Acceptance =
  | { readonly kind: 'accepted' }
  /** The key or message id was used before; `answer` is absent while the first one is still under way. */
  | {
      readonly kind: 'duplicate';
      readonly traceId: string;
      readonly fingerprint: string;
      readonly answer: StoredAnswer | undefined;
    };

export interface OverdueRequest {
  readonly request: ActionRequested;
  readonly traceparent: string;
  readonly drives: number;
}

/** The gateway's record of what it accepted. */
export interface Inbox {
  /** Resolves when the entry is committed, or with the earlier entry of the same key or message id. */
  accept(entry: InboxEntry): Promise<Acceptance>;
  /** Keeps the first answer of a request with an idempotency key. */
  saveAnswer(traceId: string, answer: StoredAnswer): Promise<void>;
  find(traceId: string): Promise<{ request: ActionRequested; caller: string; acceptedAt: Date } | undefined>;
  /**
   * Passes by about `limit` entries more that have come to their time, and notes as overdue those that the record does not call
   * ended. Answers how many it passed by. One replica at a time passes; the others are told 0.
   */
  pass(options: { limit: number }): Promise<number>;
  /**
   * Takes at most `limit` of the overdue to be driven again, with the next time limit twice as far (at most `maxDelayMs`), and
   * forgets those that have ended. Several replicas do it without meeting: rows are locked and skipped.
   */
  takeOverdue(options: { limit: number; delayMs: number; maxDelayMs: number }): Promise<OverdueRequest[]>;
  /** How long the oldest request that has come to its time has waited to be passed by, or, overdue, to be taken. 0: none waits. */
  behindSeconds(): Promise<number>;
  /** Frees idempotency keys and message ids older than 24 hours. */
  releaseKeys(): Promise<number>;
  readonly pending: number;
}

const ACCEPT = {
  name: 'inbox-accept',
  text: `insert into inbox (trace_id, caller, idempotency_key, message_id, fingerprint, request, traceparent, due_at)
    select trace_id, caller, idempotency_key, message_id, fingerprint, request::json, traceparent, now() + due_in * interval '1 millisecond'
    from unnest(${columnOf(1)}, $2::text[], $3::text[], $4::text[], ${columnOf(5)}, ${columnOf(6)}, ${columnOf(7)}, $8::float8[])
      as n(trace_id, caller, idempotency_key, message_id, fingerprint, request, traceparent, due_in)
    order by 2, 3, 4, 1 on conflict do nothing returning trace_id`,
};
const EARLIER = {
  name: 'inbox-earlier',
  text: `with k as (select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as k(trace_id, caller, idempotency_key, message_id))
    select trace_id as asked, trace_id, i.fingerprint, i.answer, false as stale from k join inbox i using (trace_id)
    union all
    select k.trace_id as asked, i.trace_id, i.fingerprint, i.answer, i.accepted_at < now() - interval '24 hours' as stale
    from k join inbox i on i.trace_id <> k.trace_id and i.caller = k.caller and (i.idempotency_key = k.idempotency_key or i.message_id = k.message_id)`,
};
const RELEASE_STALE = {
  name: 'inbox-release-stale',
  text: `update inbox set idempotency_key = null, message_id = null where trace_id = any($1::text[])`,
};
const RELEASE = {
  name: 'inbox-release',
  text: `update inbox set idempotency_key = null, message_id = null where trace_id = any(array(
    select trace_id from inbox where accepted_at < now() - interval '24 hours'
      and (idempotency_key is not null or message_id is not null) limit 5000 for update skip locked)) returning trace_id`,
};
const ANSWER = {
  name: 'inbox-answer',
  text: 'update inbox set answer = a.answer from unnest($1::text[], $2::json[]) as a(trace_id, answer) where inbox.trace_id = a.trace_id',
};
const FIND = { name: 'inbox-find', text: 'select request, caller, accepted_at from inbox where trace_id = $1' };
/**
 * Before it, everything that gateways commit can be seen: whatever is not there yet began later, and is due later still. As text, for a
 * Date has no microseconds.
 */
const HORIZON = {
  name: 'inbox-horizon',
  text: `select min(xact_start)::text as horizon, bool_or(pid = pg_backend_pid() and xact_start is not null) as tracked
    from pg_stat_activity where usename = session_user and datname = current_database()`,
};
/**
 * Looked up one by one, behind fences, whatever Postgres knows of the tables. The watermark is ahead of the clock only where that was
 * put back: what has been accepted since may lie behind it.
 */
const PASS = {
  name: 'inbox-pass',
  text: `with watermark as (
      select case when passed_until <= clock_timestamp() then passed_until else $1::timestamptz - interval '10 minutes' end as passed_until
      from inbox_watermark for update skip locked
    ), due as (
      select i.trace_id, i.due_at from watermark cross join lateral (
        select trace_id, due_at from inbox where settled_at is null and due_at > passed_until and due_at < $1
        order by due_at fetch first ($2) rows with ties
      ) i
    ), noted as (
      insert into inbox_overdue (trace_id, due_at) select trace_id, due_at from due
      where coalesce((select rank from actions where actions.trace_id = due.trace_id), 0) < 2 on conflict do nothing
    ), moved as (
      update inbox_watermark set passed_until = (select max(due_at) from due) where exists (select from due)
    ) select count(*)::int as passed from due`,
};
const TAKE_OVERDUE = {
  name: 'inbox-take-overdue',
  text: `with due as (
      select trace_id, coalesce((select rank from actions where actions.trace_id = o.trace_id), 0) >= 2 as ended
      from inbox_overdue o where due_at <= now() order by due_at limit $1 for update skip locked
    ), forgotten as (
      delete from inbox_overdue where trace_id = any(array(select trace_id from due where ended))
    ), driven as (
      update inbox_overdue o set drives = drives + 1,
        due_at = now() + least($2::float8 * 2 ^ least(drives, 20), $3::float8) * interval '1 millisecond'
      from due where o.trace_id = due.trace_id and not ended returning o.trace_id, o.drives
    )
    select i.request, i.traceparent, d.drives
    from driven d cross join lateral (select request, traceparent from inbox where trace_id = d.trace_id offset 0) i`,
};
/** The first of each of two indexes, however much is behind them. */
const BEHIND = {
  name: 'inbox-behind',
  text: `select greatest(extract(epoch from clock_timestamp() - least(
      (select due_at from inbox where settled_at is null and due_at > (select passed_until from inbox_watermark) order by due_at limit 1),
      (select due_at from inbox_overdue order by due_at limit 1)
    )), 0)::float8 as seconds`,
};

export function createInbox(database: Database): Inbox {
  const accepting = createBatcher<InboxEntry, Acceptance>({
    maxRows: 200,
    // What is accepted together travels together from here on, through every service: the wait pays for itself where it is busy.
    maxWaitMs: 2,
    maxInFlight: 2,
    seen: { commit: { operation: 'INSERT', table: 'inbox' }, observer: database.observer, traceOf: (entry) => entry.traceparent },
    flush: (entries) => acceptAll(database, entries),
  });
  const answering = createBatcher<{ traceId: string; answer: StoredAnswer }, void>({
    maxRows: 200,
    maxWaitMs: 0,
    maxInFlight: 2,
    async flush(rows) {
      await database.query(ANSWER, [rows.map((row) => row.traceId), rows.map((row) => JSON.stringify(row.answer))]);
      return rows.map(() => undefined);
    },
  });
  return {
    accept: (entry) => accepting.add(entry),
    saveAnswer: (traceId, answer) => answering.add({ traceId, answer }),
    async find(traceId) {
      const [row] = await database.query<{ request: ActionRequested; caller: string; accepted_at: Date }>(FIND, [traceId]);
      return row && { request: row.request, caller: row.caller, acceptedAt: row.accepted_at };
    },
    async pass({ limit }) {
      // Two statements, in this order: what is committed between them is passed by the next time.
      const [oldest] = await database.query<{ horizon: string; tracked: boolean }>(HORIZON, []);
      if (oldest === undefined || !oldest.tracked)
        throw new Error('PostgreSQL does not tell of its transactions: set track_activities = on');
      const [row] = await database.query<{ passed: number }>(PASS, [oldest.horizon, limit]);
      return row?.passed ?? 0;
    },
    takeOverdue: ({ limit, delayMs, maxDelayMs }) => database.query<OverdueRequest>(TAKE_OVERDUE, [limit, delayMs, maxDelayMs]),
    async behindSeconds() {
      const [row] = await database.query<{ seconds: number }>(BEHIND, []);
      return row?.seconds ?? 0;
    },
    async releaseKeys() {
      return (await database.query(RELEASE, [])).length;
    },
    get pending() {
      return accepting.pending;
    },
  };
}

async function acceptAll(database: Database, entries: readonly InboxEntry[]): Promise<Acceptance[]> {
  const answers = new Map<string, Acceptance>();
  let open = entries;
  for (let round = 1; open.length > 0; round++) {
    if (round > ROUNDS) throw new Error('an idempotency key could be neither taken nor found');
    const inserted = await insert(database, open);
    for (const traceId of inserted) answers.set(traceId, ACCEPTED);
    const met = open.filter(({ request }) => !inserted.has(request.trace_id));
    if (met.length === 0) break;
    const earlier = await findEarlier(database, met);
    // A key that has outlived its 24 hours is free: take it from the old entry and accept after all.
    const stale = [...earlier.values()].filter((row) => row.stale).map((row) => row.trace_id);
    if (stale.length > 0) await database.query(RELEASE_STALE, [stale]);
    open = met.filter(({ request }) => {
      const row = earlier.get(request.trace_id);
      // Nothing to be found: the key was freed between the two statements, and the entry is not stored yet.
      if (row === undefined || row.stale) return true;
      // Its own trace id is there already: the first try of this very batch was committed and its answer lost.
      const own = row.trace_id === request.trace_id;
      answers.set(
        request.trace_id,
        own
          ? ACCEPTED
          : { kind: 'duplicate', traceId: row.trace_id, fingerprint: row.fingerprint, answer: row.answer ?? undefined },
      );
      return false;
    });
  }
  return entries.map(({ request }) => answers.get(request.trace_id) as Acceptance);
}

/** Two are enough, unless others take and free the same keys meanwhile. */
const ROUNDS = 5;
const ACCEPTED: Acceptance = { kind: 'accepted' };

async function insert(database: Database, entries: readonly InboxEntry[]): Promise<Set<string>> {
  const rows = await database.query<{ trace_id: string }>(ACCEPT, [
    column(entries.map((entry) => entry.request.trace_id)),
    entries.map((entry) => entry.caller),
    entries.map((entry) => entry.idempotencyKey ?? null),
    entries.map((entry) => entry.messageId ?? null),
    column(entries.map((entry) => entry.fingerprint)),
    column(entries.map((entry) => JSON.stringify(entry.request))),
    column(entries.map((entry) => entry.traceparent)),
    entries.map((entry) => entry.dueInMs),
  ]);
  return new Set(rows.map((row) => row.trace_id));
}

type Earlier = { asked: string; trace_id: string; fingerprint: string; answer: StoredAnswer | null; stale: boolean };

async function findEarlier(database: Database, entries: readonly InboxEntry[]): Promise<Map<string, Earlier>> {
  const rows = await database.query<Earlier>(EARLIER, [
    entries.map((entry) => entry.request.trace_id),
    entries.map((entry) => entry.caller),
    entries.map((entry) => entry.idempotencyKey ?? null),
    entries.map((entry) => entry.messageId ?? null),
  ]);
  const earlier = new Map<string, Earlier>();
  for (const row of rows) if (earlier.get(row.asked)?.trace_id !== row.asked) earlier.set(row.asked, row);
  return earlier;
}
