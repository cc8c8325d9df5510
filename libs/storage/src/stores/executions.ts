import type { Effect } from '@techno/contracts';
import { createBatcher } from '../batcher.ts';
import { column, columnOf } from '../columns.ts';
import type { Database } from '../database.ts';

export type ExecutionState = 'started' | 'retryable' | 'completed' | 'failed' | 'unknown';

/** Which execution: an action (`step` is '') or one step of a composite. */
export interface ExecutionKey {
  readonly traceId: string;
  readonly step: string;
  readonly decisionId: string;
  /** Where its commits are seen; not kept. */
  readonly traceparent?: string | undefined;
}

export interface StartRow extends ExecutionKey {
  readonly effect: Effect;
  readonly startedAt: Date;
  /** How long nobody else may take the attempt over, in milliseconds; `extend` prolongs it. */
  readonly leaseMs: number;
}

export interface FinishRow<Outcome> extends ExecutionKey {
  readonly effect: Effect;
  /** The attempt that `start` gave: the fence. For effect `none` there was no start, and any number will do. */
  readonly attempt: number;
  readonly state: Exclude<ExecutionState, 'started'>;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly outcome: Outcome;
}

export interface Execution<Outcome> {
  readonly state: ExecutionState;
  readonly attempt: number;
  readonly decisionId: string;
  readonly outcome: Outcome | undefined;
  /** Started, and its lease has not run out. */
  readonly leased: boolean;
}

export type Started<Outcome> =
  | { readonly kind: 'started'; readonly attempt: number }
  | { readonly kind: 'busy' | 'in_doubt' | 'ended'; readonly execution: Execution<Outcome> };

/**
 * The fence around effects. A start is committed before the effect and an outcome after it; an outcome is written once.
 */
export interface Executions<Outcome> {
  /**
   * Claims the next attempt: `started` with its number, or what stands in the way. `busy`: another attempt holds its lease.
   * A start whose lease ran out without an outcome is taken over only where the upstream honours the key; otherwise nobody
   * knows what happened, and the caller is told `in_doubt`.
   */
  start(row: StartRow): Promise<Started<Outcome>>;
  /** Prolongs the lease of an attempt that is at work. False: it no longer holds the fence. */
  extend(row: { traceId: string; step: string; attempt: number; leaseMs: number }): Promise<boolean>;
  /** Writes the outcome if this attempt still holds the fence. Otherwise gives what holds instead. */
  finish(row: FinishRow<Outcome>): Promise<{ kind: 'written' } | { kind: 'superseded'; execution: Execution<Outcome> }>;
  find(key: { traceId: string; step: string }): Promise<Execution<Outcome> | undefined>;
}

const START = {
  name: 'executions-start',
  text: `insert into executions as e (trace_id, step, decision_id, effect, state, attempt, started_at, leased_until)
    select t, s, d, e, 'started', 1, at, now() + lease * interval '1 millisecond'
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::int[]) as n(t, s, d, e, at, lease)
    order by t, s
    on conflict (trace_id, step) do update set
      decision_id = excluded.decision_id, effect = excluded.effect, state = 'started', attempt = e.attempt + 1,
      started_at = excluded.started_at, leased_until = excluded.leased_until, finished_at = null, outcome = null
    where e.state = 'retryable'
      or (e.state = 'started' and 'unkeyed' not in (e.effect, excluded.effect) and e.leased_until <= now())
      or (e.state in ('failed', 'unknown') and e.decision_id <> excluded.decision_id)
    returning trace_id, step, attempt`,
};
// Effect none has no start: the first outcome is the record, and only a new decision may follow a failure.
const FINISH_PLAIN = {
  name: 'executions-finish-plain',
  text: `insert into executions as e (trace_id, step, decision_id, effect, state, attempt, started_at, finished_at, outcome)
    select trace_id, step, decision_id, effect, state, attempt, started_at, finished_at, outcome::json
    from unnest(${columnOf(1)}, $2::text[], ${columnOf(3)}, ${columnOf(4)}, ${columnOf(5)}, $6::int[], $7::timestamptz[], $8::timestamptz[], ${columnOf(9)})
      as n(trace_id, step, decision_id, effect, state, attempt, started_at, finished_at, outcome)
    order by 1, 2 on conflict (trace_id, step) do update set
      decision_id = excluded.decision_id, state = excluded.state, attempt = excluded.attempt,
      started_at = excluded.started_at, finished_at = excluded.finished_at, outcome = excluded.outcome
    where e.state in ('started', 'retryable') or (e.state in ('failed', 'unknown') and e.decision_id <> excluded.decision_id)
    returning trace_id, step`,
};
const FINISH_FENCED = {
  name: 'executions-finish-fenced',
  text: `update executions e set state = n.state, finished_at = n.finished_at, outcome = n.outcome
    from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], $7::json[])
      as n(trace_id, step, decision_id, attempt, state, finished_at, outcome)
    where e.trace_id = n.trace_id and e.step = n.step and e.attempt = n.attempt and e.decision_id = n.decision_id and e.state = 'started'
    returning e.trace_id, e.step`,
};
const EXTEND = {
  name: 'executions-extend',
  text: `update executions set leased_until = now() + $4 * interval '1 millisecond'
    where trace_id = $1 and step = $2 and attempt = $3 and state = 'started' returning attempt`,
};
const FIND = {
  name: 'executions-find',
  text: `select e.trace_id, e.step, e.state, e.attempt, e.decision_id, e.outcome, e.leased_until > now() as leased from unnest($1::text[], $2::text[]) as k(trace_id, step)
    join executions e on e.trace_id = k.trace_id and e.step = k.step`,
};

const id = (row: { traceId: string; step: string }) => `${row.traceId}/${row.step}`;
const storedId = (row: { trace_id: string; step: string }) => `${row.trace_id}/${row.step}`;

export function createExecutions<Outcome>(database: Database): Executions<Outcome> {
  async function findAll(rows: readonly { traceId: string; step: string }[]): Promise<Map<string, Execution<Outcome>>> {
    if (rows.length === 0) return new Map();
    const found = await database.query<{
      trace_id: string;
      step: string;
      state: ExecutionState;
      attempt: number;
      decision_id: string;
      outcome: Outcome | null;
      leased: boolean | null;
    }>(FIND, [rows.map((row) => row.traceId), rows.map((row) => row.step)]);
    return new Map(
      found.map((row) => [
        storedId(row),
        {
          state: row.state,
          attempt: row.attempt,
          decisionId: row.decision_id,
          outcome: row.outcome ?? undefined,
          leased: row.state === 'started' && row.leased === true,
        },
      ]),
    );
  }

  const starting = createBatcher<StartRow, Started<Outcome>>({
    maxRows: 200,
    maxWaitMs: 0,
    maxInFlight: 2,
    keyOf: id,
    seen: {
      commit: { operation: 'UPSERT', table: 'executions' },
      observer: database.observer,
      traceOf: (row) => row.traceparent,
    },
    async flush(rows) {
      const started = await database.query<{ trace_id: string; step: string; attempt: number }>(START, [
        rows.map((row) => row.traceId),
        rows.map((row) => row.step),
        rows.map((row) => row.decisionId),
        rows.map((row) => row.effect),
        rows.map((row) => row.startedAt),
        rows.map((row) => row.leaseMs),
      ]);
      const attempts = new Map(started.map((row) => [storedId(row), row.attempt]));
      const standing = await findAll(rows.filter((row) => !attempts.has(id(row))));
      return rows.map((row) => {
        const attempt = attempts.get(id(row));
        if (attempt !== undefined) return { kind: 'started', attempt };
        const execution = standing.get(id(row)) ?? {
          state: 'started',
          attempt: 1,
          decisionId: row.decisionId,
          outcome: undefined,
          leased: true,
        };
        return { kind: kindOf(execution), execution };
      });
    },
  });

  const finishing = createBatcher<FinishRow<Outcome>, Awaited<ReturnType<Executions<Outcome>['finish']>>>({
    maxRows: 200,
    maxWaitMs: 0,
    maxInFlight: 2,
    keyOf: id,
    seen: {
      commit: { operation: 'UPSERT', table: 'executions' },
      observer: database.observer,
      traceOf: (row) => row.traceparent,
    },
    async flush(rows) {
      const written = new Set<string>();
      const plain = rows.filter((row) => row.effect === 'none');
      const fenced = rows.filter((row) => row.effect !== 'none');
      if (plain.length > 0) {
        for (const row of await database.query<{ trace_id: string; step: string }>(FINISH_PLAIN, [
          column(plain.map((r) => r.traceId)),
          plain.map((r) => r.step),
          column(plain.map((r) => r.decisionId)),
          column(plain.map((r) => r.effect)),
          column(plain.map((r) => r.state)),
          plain.map((r) => r.attempt),
          plain.map((r) => r.startedAt),
          plain.map((r) => r.finishedAt),
          column(plain.map((r) => JSON.stringify(r.outcome))),
        ]))
          written.add(storedId(row));
      }
      if (fenced.length > 0) {
        for (const row of await database.query<{ trace_id: string; step: string }>(FINISH_FENCED, [
          fenced.map((r) => r.traceId),
          fenced.map((r) => r.step),
          fenced.map((r) => r.decisionId),
          fenced.map((r) => r.attempt),
          fenced.map((r) => r.state),
          fenced.map((r) => r.finishedAt),
          fenced.map((r) => JSON.stringify(r.outcome)),
        ]))
          written.add(storedId(row));
      }
      const standing = await findAll(rows.filter((row) => !written.has(id(row))));
      return rows.map((row) => {
        const execution = standing.get(id(row));
        return execution === undefined ? { kind: 'written' } : { kind: 'superseded', execution };
      });
    },
  });

  return {
    start: (row) => starting.add(row),
    async extend({ traceId, step, attempt, leaseMs }) {
      return (await database.query(EXTEND, [traceId, step, attempt, leaseMs])).length > 0;
    },
    finish: (row) => finishing.add(row),
    async find(key) {
      return (await findAll([key])).get(id(key));
    },
  };
}

function kindOf<Outcome>({ state, leased }: Execution<Outcome>): 'busy' | 'in_doubt' | 'ended' {
  // Given back after `start` had met it at work: its outcome is that of an attempt and not the end. Whoever comes again may start.
  if (state === 'retryable') return 'busy';
  if (state !== 'started') return 'ended';
  return leased ? 'busy' : 'in_doubt';
}
