import type { ActionStatus } from '@techno/contracts';
import { storeError } from '../batcher.ts';
import { column, columnOf } from '../columns.ts';
import type { Database } from '../database.ts';

/** What one message, or several of one trace, changes in the read model. Absent fields stay as they are. */
export interface ActionPatch {
  readonly traceId: string;
  readonly status: ActionStatus;
  readonly replay: number;
  readonly action?: string | undefined;
  readonly contextId?: string | undefined;
  readonly origin?: string | undefined;
  readonly principal?: string | undefined;
  readonly decisionId?: string | undefined;
  readonly gate?: string | undefined;
  readonly reasonCodes?: readonly string[] | undefined;
  readonly executorId?: string | undefined;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly receivedAt?: string | undefined;
  readonly decidedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  readonly executionTimeMs?: number | undefined;
}

/** How far along a status is. A row only moves up, unless an operator's replay starts it again. */
export const RANK: Readonly<Record<ActionStatus, number>> = {
  ACCEPTED: 0,
  ALLOWED: 1,
  COMPLETED: 2,
  DENIED: 2,
  FAILED: 2,
  UNKNOWN: 2,
  DEAD_LETTERED: 3,
};

const UPSERT = {
  name: 'actions-upsert',
  text: `insert into actions as a (trace_id, status, rank, replay, action, context_id, origin, principal, decision_id, gate, reason_codes,
      executor_id, result, error, received_at, decided_at, finished_at, execution_time_ms)
    select trace_id, status, rank, replay, coalesce(action, ''), coalesce(context_id, ''), origin, principal, decision_id, gate,
      case when reason_codes is not null then (select array_agg(value) from json_array_elements_text(reason_codes::json)) end,
      executor_id, result::json, error::json, received_at, decided_at, finished_at, execution_time_ms
    from unnest(${columnOf(1)}, ${columnOf(2)}, $3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], ${columnOf(11)},
      $12::text[], ${columnOf(13)}, ${columnOf(14)}, $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $18::float8[])
      as n(trace_id, status, rank, replay, action, context_id, origin, principal, decision_id, gate, reason_codes,
      executor_id, result, error, received_at, decided_at, finished_at, execution_time_ms)
    on conflict (trace_id) do update set
      status = case when (excluded.replay, excluded.rank) >= (a.replay, a.rank) then excluded.status else a.status end,
      rank = case when (excluded.replay, excluded.rank) >= (a.replay, a.rank) then excluded.rank else a.rank end,
      replay = greatest(excluded.replay, a.replay),
      action = coalesce(nullif(excluded.action, ''), a.action),
      context_id = coalesce(nullif(excluded.context_id, ''), a.context_id),
      origin = coalesce(excluded.origin, a.origin),
      principal = coalesce(excluded.principal, a.principal),
      decision_id = coalesce(excluded.decision_id, a.decision_id),
      gate = coalesce(excluded.gate, a.gate),
      reason_codes = coalesce(excluded.reason_codes, a.reason_codes),
      executor_id = coalesce(excluded.executor_id, a.executor_id),
      result = coalesce(excluded.result, a.result),
      error = coalesce(excluded.error, a.error),
      received_at = least(excluded.received_at, a.received_at),
      decided_at = coalesce(excluded.decided_at, a.decided_at),
      finished_at = coalesce(excluded.finished_at, a.finished_at),
      execution_time_ms = coalesce(excluded.execution_time_ms, a.execution_time_ms)`,
};

type Query = Parameters<Parameters<Database['transaction']>[0]>[0];

/** Writes the patches, at most one per trace (see `mergePatches`). */
export async function upsertActions(query: Query, patches: readonly ActionPatch[]): Promise<void> {
  if (patches.length === 0) return;
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  // Postgres keeps no NUL in text, and a caller chooses these names.
  const text = (value: string | undefined) => value?.replaceAll('\0', '\uFFFD') ?? null;
  await query(UPSERT, [
    column(patches.map((p) => p.traceId)),
    column(patches.map((p) => p.status)),
    patches.map((p) => RANK[p.status]),
    patches.map((p) => p.replay),
    patches.map((p) => text(p.action)),
    patches.map((p) => text(p.contextId)),
    patches.map((p) => p.origin ?? null),
    patches.map((p) => text(p.principal)),
    patches.map((p) => p.decisionId ?? null),
    patches.map((p) => p.gate ?? null),
    column(patches.map((p) => json(p.reasonCodes))),
    patches.map((p) => p.executorId ?? null),
    column(patches.map((p) => json(p.result))),
    column(patches.map((p) => json(p.error))),
    patches.map((p) => p.receivedAt ?? null),
    patches.map((p) => p.decidedAt ?? null),
    patches.map((p) => p.finishedAt ?? null),
    patches.map((p) => p.executionTimeMs ?? null),
  ]);
}

/** Folds patches of the same trace into one, in order, by the same rule as the database's. */
export function mergePatches(patches: readonly ActionPatch[]): ActionPatch[] {
  const merged = new Map<string, ActionPatch>();
  for (const patch of patches) {
    const before = merged.get(patch.traceId);
    if (before === undefined) {
      merged.set(patch.traceId, patch);
      continue;
    }
    const further = patch.replay > before.replay || (patch.replay === before.replay && RANK[patch.status] >= RANK[before.status]);
    const earlier = earlierOf(before.receivedAt, patch.receivedAt);
    const both: Record<string, unknown> = { ...before };
    for (const [field, value] of Object.entries(patch)) if (value !== undefined) both[field] = value;
    both['status'] = further ? patch.status : before.status;
    both['replay'] = Math.max(before.replay, patch.replay);
    if (earlier !== undefined) both['receivedAt'] = earlier;
    merged.set(patch.traceId, both as unknown as ActionPatch);
  }
  return [...merged.values()];
}

function earlierOf(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

export interface ActionRow {
  readonly trace_id: string;
  readonly action: string;
  readonly context_id: string;
  readonly origin: string | null;
  readonly status: ActionStatus;
  readonly replay: number;
  readonly principal: string | null;
  readonly decision_id: string | null;
  readonly gate: string | null;
  readonly reason_codes: string[] | null;
  readonly executor_id: string | null;
  readonly result: unknown;
  readonly error: unknown;
  readonly received_at: Date | null;
  readonly decided_at: Date | null;
  readonly finished_at: Date | null;
  readonly execution_time_ms: number | null;
}

export interface ActionFilter {
  /** Only what this principal asked for; absent: everybody's. */
  readonly principal?: string | undefined;
  readonly status?: ActionStatus | undefined;
  readonly action?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Trace id of the last one seen: the page goes on below it. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** The read model's queries. Newest first: trace ids begin with their time. */
export interface Actions {
  find(traceId: string): Promise<ActionRow | undefined>;
  list(filter: ActionFilter): Promise<ActionRow[]>;
}

const COLUMNS =
  'trace_id, action, context_id, origin, status, replay, principal, decision_id, gate, reason_codes, executor_id, result, error, received_at, decided_at, finished_at, execution_time_ms';

export function createActions(database: Database): Actions {
  return {
    async find(traceId) {
      const [row] = await database.query<ActionRow & Record<string, unknown>>(
        { name: 'actions-find', text: `select ${COLUMNS} from actions where trace_id = $1` },
        [traceId],
      );
      return row;
    },
    async list(filter) {
      const values: unknown[] = [];
      const where: string[] = [];
      const add = (condition: (parameter: string) => string, value: unknown) => {
        if (value === undefined) return;
        values.push(value);
        where.push(condition(`$${values.length}`));
      };
      add((p) => `principal = ${p}`, filter.principal);
      add((p) => `status = ${p}`, filter.status);
      add((p) => `action = ${p}`, filter.action);
      add((p) => `received_at >= ${p}`, filter.from);
      add((p) => `received_at < ${p}`, filter.to);
      // A trace id begins with its time: a time range becomes a range of the primary key.
      add((p) => `trace_id >= ${p}`, filter.from && firstIdAround(filter.from, -CLOCK_MARGIN_MS));
      add((p) => `trace_id < ${p}`, filter.to && firstIdAround(filter.to, CLOCK_MARGIN_MS));
      add((p) => `trace_id < ${p}`, filter.before);
      values.push(filter.limit);
      const text = `select ${COLUMNS} from actions ${where.length > 0 ? `where ${where.join(' and ')}` : ''} order by trace_id desc limit $${values.length}`;
      try {
        // One shape of query per combination of filters, each prepared under its own name.
        return await database.query<ActionRow & Record<string, unknown>>(
          {
            name: `actions-list-${where
              .join('')
              .replaceAll(/[^a-z_<>=]/g, '')
              .slice(0, 50)}`,
            text,
          },
          values,
        );
      } catch (error) {
        throw storeError(error);
      }
    },
  };
}

/** Clocks of gateways differ by less than this. */
const CLOCK_MARGIN_MS = 60_000;

/** Lowest trace id of the time that many milliseconds away. */
function firstIdAround(time: string, marginMs: number): string {
  return `tr_${Math.max(0, Date.parse(time) + marginMs)
    .toString(16)
    .padStart(12, '0')}`;
}
