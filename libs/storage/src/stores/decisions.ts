import { createBatcher } from '../batcher.ts';
import { column, columnOf } from '../columns.ts';
import type { Database } from '../database.ts';

/** A decision as it is kept. `record` is whatever is needed to publish it again, verdicts included. */
export interface DecisionRow<Record> {
  readonly traceId: string;
  /** Operator replays so far: each is decided anew. */
  readonly replay: number;
  readonly decisionId: string;
  readonly outcome: 'ALLOW' | 'DENY';
  readonly policyRevision: number;
  readonly inputHash: string;
  readonly decidedAt: string;
  /** End of an ALLOW. After it the same request is decided again, in the next round, under the same id. */
  readonly expiresAt: string | undefined;
  readonly record: Record;
  /** Where its commit is seen; not kept. */
  readonly traceparent?: string | undefined;
}

export interface Decisions<Record> {
  /**
   * Commits the decision, or gives the one that stands: the first decision of a request holds until it expires, whoever
   * else decides about it meanwhile.
   */
  record(row: DecisionRow<Record>): Promise<DecisionRow<Record>>;
}

// Rows in the order of their keys, here as in the other stores: two replicas that write the same ones never wait for each other.
const INSERT = {
  name: 'decisions-insert',
  text: `insert into decisions (trace_id, replay, round, decision_id, outcome, policy_revision, input_hash, decided_at, expires_at, record)
    select trace_id, replay, round, decision_id, outcome, policy_revision, input_hash, decided_at, expires_at, record::json
    from unnest(${columnOf(1)}, $2::int[], $3::int[], ${columnOf(4)}, ${columnOf(5)}, $6::int[], ${columnOf(7)}, $8::timestamptz[], $9::timestamptz[], ${columnOf(10)})
      as n(trace_id, replay, round, decision_id, outcome, policy_revision, input_hash, decided_at, expires_at, record)
    order by 1, 2 on conflict do nothing returning trace_id`,
};
const STANDING = {
  name: 'decisions-standing',
  text: `select distinct on (d.trace_id, d.replay) d.trace_id, d.replay, d.round, d.decision_id, d.outcome, d.policy_revision,
      d.input_hash, d.decided_at, d.expires_at, d.record
    from unnest($1::text[], $2::int[]) as k(trace_id, replay)
    join decisions d on d.trace_id = k.trace_id and d.replay = k.replay
    order by d.trace_id, d.replay, d.round desc`,
};

type Stored<Record> = {
  trace_id: string;
  replay: number;
  round: number;
  decision_id: string;
  outcome: 'ALLOW' | 'DENY';
  policy_revision: number;
  input_hash: string;
  decided_at: Date;
  expires_at: Date | null;
  record: Record;
};

export function createDecisions<Record>(database: Database): Decisions<Record> {
  const keyOf = (row: { traceId: string; replay: number }) => `${row.traceId}:${row.replay}`;

  async function insert(rows: readonly DecisionRow<Record>[], rounds: readonly number[]): Promise<Set<string>> {
    const inserted = await database.query<{ trace_id: string }>(INSERT, [
      column(rows.map((row) => row.traceId)),
      rows.map((row) => row.replay),
      rounds,
      column(rows.map((row) => row.decisionId)),
      column(rows.map((row) => row.outcome)),
      rows.map((row) => row.policyRevision),
      column(rows.map((row) => row.inputHash)),
      rows.map((row) => row.decidedAt),
      rows.map((row) => row.expiresAt ?? null),
      column(rows.map((row) => JSON.stringify(row.record))),
    ]);
    return new Set(inserted.map((row) => row.trace_id));
  }

  async function standing(rows: readonly DecisionRow<Record>[]): Promise<Map<string, Stored<Record>>> {
    const found = await database.query<Stored<Record>>(STANDING, [rows.map((row) => row.traceId), rows.map((row) => row.replay)]);
    return new Map(found.map((row) => [keyOf({ traceId: row.trace_id, replay: row.replay }), row]));
  }

  async function flush(rows: DecisionRow<Record>[]): Promise<DecisionRow<Record>[]> {
    const inserted = await insert(
      rows,
      rows.map(() => 0),
    );
    const met = rows.filter((row) => !inserted.has(row.traceId));
    if (met.length === 0) return rows;
    let earlier = await standing(met);
    const expired = met.filter((row) => {
      const before = earlier.get(keyOf(row));
      return before !== undefined && before.expires_at !== null && before.expires_at.getTime() <= Date.parse(row.decidedAt);
    });
    if (expired.length > 0) {
      // The same question keeps its id: what was done under the first round is not done again under the next.
      await insert(
        expired.map((row) => ({ ...row, decisionId: earlier.get(keyOf(row))?.decision_id ?? row.decisionId })),
        expired.map((row) => (earlier.get(keyOf(row))?.round ?? 0) + 1),
      );
      earlier = await standing(met);
    }
    return rows.map((row) => {
      const stood = inserted.has(row.traceId) ? undefined : earlier.get(keyOf(row));
      return stood === undefined ? row : fromStored(stood);
    });
  }

  const batcher = createBatcher<DecisionRow<Record>, DecisionRow<Record>>({
    maxRows: 200,
    maxWaitMs: 0,
    maxInFlight: 2,
    keyOf: (row) => row.traceId,
    seen: { commit: { operation: 'INSERT', table: 'decisions' }, observer: database.observer, traceOf: (row) => row.traceparent },
    flush,
  });
  return { record: (row) => batcher.add(row) };
}

function fromStored<Record>(row: Stored<Record>): DecisionRow<Record> {
  return {
    traceId: row.trace_id,
    replay: row.replay,
    decisionId: row.decision_id,
    outcome: row.outcome,
    policyRevision: row.policy_revision,
    inputHash: row.input_hash,
    decidedAt: row.decided_at.toISOString(),
    expiresAt: row.expires_at?.toISOString(),
    record: row.record,
  };
}
