import { createHash } from 'node:crypto';
import type { CanonicalEvent } from '@techno/contracts';
import { column, columnOf } from '../columns.ts';
import type { Database } from '../database.ts';
import { seenCommit } from '../observe.ts';
import { type ActionPatch, upsertActions } from './actions.ts';

/** What one message adds to the trail. `key` names what happened, without blanks, so that it is written once. */
export interface AuditEntry {
  readonly traceId: string;
  readonly key: string;
  readonly events: readonly CanonicalEvent[];
}

export interface AuditRow {
  readonly seq: number;
  readonly traceId: string;
  /** The keys of what is in it, one blank apart. */
  readonly key: string;
  readonly recordedAt: string;
  readonly events: readonly CanonicalEvent[];
  readonly hash: string;
  /** Whether its own hash and its link to the row before it hold. */
  readonly intact: boolean;
}

export interface AuditTrail {
  /**
   * Appends what is new of `entries`, in order, and brings the read model along, in one transaction. The head row is locked
   * meanwhile, so that the chain has one writer at a time however many processes try. `traceparent`: where it is seen.
   */
  append(entries: readonly AuditEntry[], patches: readonly ActionPatch[], traceparent?: string): Promise<{ written: number }>;
  ofTrace(traceId: string): Promise<AuditRow[]>;
  head(): Promise<{ seq: number; hash: string }>;
}

const LOCK_HEAD = { name: 'audit-lock-head', text: 'select seq, hash from audit_head for update' };
const KNOWN = {
  name: 'audit-known',
  // Trace by trace, behind a fence: of a young table Postgres knows nothing yet, and would rather read all of it than look up a hundred.
  text: `select k.trace_id, t.key from unnest($1::text[]) as k(trace_id)
    cross join lateral (select key from audit_trail where trace_id = k.trace_id offset 0) t`,
};
const APPEND = {
  name: 'audit-append',
  text: `insert into audit_trail (seq, trace_id, key, recorded_at, events, prev_hash, hash)
    select seq, trace_id, key, $3, events::json, decode(prev_hash, 'hex'), decode(hash, 'hex')
    from unnest($1::bigint[], $2::text[], ${columnOf(4)}, ${columnOf(5)}, ${columnOf(6)}, ${columnOf(7)})
      as n(seq, trace_id, key, events, prev_hash, hash)`,
};
const MOVE_HEAD = { name: 'audit-move-head', text: 'update audit_head set seq = $1, hash = $2' };
const OF_TRACE = {
  name: 'audit-of-trace',
  text: `select t.seq, t.trace_id, t.key, t.recorded_at, t.events::text as events, t.prev_hash, t.hash, b.hash as before_hash
    from audit_trail t left join audit_trail b on b.seq = t.seq - 1 where t.trace_id = $1 order by t.seq`,
};

export interface StoredAuditRow {
  readonly seq: string;
  readonly trace_id: string;
  readonly key: string;
  readonly recorded_at: Date;
  readonly events: string;
  readonly prev_hash: Buffer;
  readonly hash: Buffer;
}

export const GENESIS = Buffer.alloc(32);

/**
 * SHA-256 over the hash before and every column. Only the last one may hold a line break, so no two rows read the same.
 */
export function rowHash(
  row: { seq: number; traceId: string; key: string; recordedAt: string; events: string },
  prevHash: Buffer,
): Buffer {
  const { seq, traceId, key, recordedAt, events } = row;
  return createHash('sha256').update(prevHash).update(`${seq}\n${traceId}\n${key}\n${recordedAt}\n${events}`).digest();
}

/** The hash a stored row should have, from its own columns. */
export function expectedHash(row: StoredAuditRow): Buffer {
  return rowHash(
    { seq: Number(row.seq), traceId: row.trace_id, key: row.key, recordedAt: row.recorded_at.toISOString(), events: row.events },
    row.prev_hash,
  );
}

const COMMIT = { operation: 'INSERT', table: 'audit_trail' } as const;

export function createAuditTrail(database: Database, now: () => number): AuditTrail {
  const appendAll = (entries: readonly AuditEntry[], patches: readonly ActionPatch[]) =>
    database.transaction(async (query) => {
      const [head] = await query<{ seq: string; hash: Buffer }>(LOCK_HEAD, []);
      if (head === undefined) throw new Error('audit_head has no row: the schema was not migrated');
      const fresh = byTrace(await unknownOf(query, entries));
      if (fresh.length > 0) {
        const recordedAt = new Date(now()).toISOString();
        let seq = Number(head.seq);
        let hash = head.hash;
        const rows = fresh.map((entry) => {
          const prevHash = hash;
          const events = JSON.stringify(entry.events);
          hash = rowHash({ seq: ++seq, traceId: entry.traceId, key: entry.key, recordedAt, events }, prevHash);
          return { seq, entry, events, prevHash, hash };
        });
        await query(APPEND, [
          rows.map((row) => row.seq),
          rows.map((row) => row.entry.traceId),
          recordedAt,
          column(rows.map((row) => row.entry.key)),
          column(rows.map((row) => row.events)),
          column(rows.map((row) => row.prevHash.toString('hex'))),
          column(rows.map((row) => row.hash.toString('hex'))),
        ]);
        await query(MOVE_HEAD, [seq, hash]);
      }
      await upsertActions(query, patches);
      return { written: fresh.length };
    });

  return {
    append: (entries, patches, traceparent) =>
      seenCommit(database.observer, COMMIT, { rows: entries.length, traceparent }, () => appendAll(entries, patches)),
    async ofTrace(traceId) {
      const rows = await database.query<StoredAuditRow & { before_hash: Buffer | null }>(OF_TRACE, [traceId]);
      return rows.map((row) => ({
        seq: Number(row.seq),
        traceId: row.trace_id,
        key: row.key,
        recordedAt: row.recorded_at.toISOString(),
        events: JSON.parse(row.events) as CanonicalEvent[],
        hash: row.hash.toString('hex'),
        intact: expectedHash(row).equals(row.hash) && (row.before_hash ?? GENESIS).equals(row.prev_hash),
      }));
    },
    async head() {
      const [row] = await database.query<{ seq: string; hash: Buffer }>(
        { name: 'audit-head', text: 'select seq, hash from audit_head' },
        [],
      );
      return { seq: Number(row?.seq ?? 0), hash: (row?.hash ?? GENESIS).toString('hex') };
    },
  };
}

type Query = Parameters<Parameters<Database['transaction']>[0]>[0];

/** Entries that are neither in the trail nor earlier in the list. */
async function unknownOf(query: Query, entries: readonly AuditEntry[]): Promise<AuditEntry[]> {
  if (entries.length === 0) return [];
  const seen = new Map<string, Set<string>>();
  for (const { traceId } of entries) seen.set(traceId, new Set());
  for (const row of await query<{ trace_id: string; key: string }>(KNOWN, [[...seen.keys()]])) {
    for (const key of row.key.split(' ')) seen.get(row.trace_id)?.add(key);
  }
  return entries.filter(({ traceId, key }) => {
    const keys = seen.get(traceId);
    if (keys === undefined || keys.has(key)) return false;
    keys.add(key);
    return true;
  });
}

/** What a batch says of one trace is one row: most actions arrive whole, and cost a quarter of what their messages would. */
function byTrace(entries: readonly AuditEntry[]): AuditEntry[] {
  const rows = new Map<string, { traceId: string; key: string; events: CanonicalEvent[] }>();
  for (const { traceId, key, events } of entries) {
    const row = rows.get(traceId);
    if (row === undefined) rows.set(traceId, { traceId, key, events: [...events] });
    else {
      row.key += ` ${key}`;
      row.events.push(...events);
    }
  }
  return [...rows.values()];
}
