/** One accepted action as the record has it. */
export interface Recorded {
  readonly traceId: string;
  /** `id` of its payload: which request it was. */
  readonly id: string;
  /** Undefined: the record does not know it. */
  readonly status: string | undefined;
  /** How often the sweeper has driven it. */
  readonly drives: number;
  /** Ends in the audit trail, of the action itself and not of its steps. */
  readonly ends: number;
  /** Whether an ALLOW was decided, and when first (epoch milliseconds). */
  readonly allowedAt: number | undefined;
  /** Whether it executed to the end, whatever the status says. */
  readonly executed: boolean;
}

export interface Effects {
  /** Effects at the upstream by `id`. */
  readonly counts: ReadonlyMap<string, number>;
  /** Idempotency keys by `id`. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  /** The first effect of each (epoch milliseconds). */
  readonly firstAt: ReadonlyMap<string, number>;
}

/** What a caller was told. */
export interface Told {
  readonly id: string;
  readonly status: number;
  readonly traceId: string | undefined;
  readonly said: string | undefined;
}

/** Everything there is to judge by, once the time is over. */
export interface Ledger {
  readonly told: readonly Told[];
  readonly recorded: readonly Recorded[];
  readonly effects: Effects;
  /** What `GET /v1/actions/{trace_id}` says of each accepted id; undefined where it knows none. */
  readonly readBack: ReadonlyMap<string, string | undefined>;
  /** Executions whose decision was no ALLOW, or came after them. */
  readonly unallowed: readonly string[];
  /** Actions that ended, and whose trail does not tell all of it. */
  readonly untold: readonly string[];
  /** How far the clocks of two services may be apart. */
  readonly clocksApartMs: number;
  readonly trail: { readonly ok: boolean; readonly detail?: string };
}

export interface Account {
  /** Distinct ids that were answered with 2xx. */
  readonly accepted: number;
  readonly completed: number;
  readonly denied: number;
  readonly failed: number;
  /** Ended as UNKNOWN: whether the effect took place cannot be known. */
  readonly unknown: number;
  readonly deadLettered: number;
  /** Driven again by the sweeper. */
  readonly driven: number;
  /** Accepted and not ended, or taken in by the gateway and not ended. */
  readonly lost: readonly string[];
  /** Effects and ends that happened more than once. */
  readonly doubled: readonly string[];
  /** Effects and executions without an ALLOW on record before them. */
  readonly unallowed: readonly string[];
  /** Ended, and the audit trail does not tell all of it. */
  readonly untold: readonly string[];
  /** Records that contradict each other, or what callers were told. */
  readonly contradictions: readonly string[];
}

const TERMINAL = new Set(['COMPLETED', 'DENIED', 'FAILED', 'UNKNOWN', 'DEAD_LETTERED']);
/** Answers of the gateway that speak of the action's end: denied, failed, failed in time. */
const SAID_TO_HAVE_FAILED = new Set([403, 502, 504]);

/** Holds the ledger against the promises: nothing lost, nothing doubled, nothing without an ALLOW. */
export function account({ told, recorded, effects, readBack, unallowed, untold, clocksApartMs, trail }: Ledger): Account {
  const accepted = told.filter(({ status, traceId }) => status >= 200 && status < 300 && traceId !== undefined);
  const byTrace = new Map(recorded.map((action) => [action.traceId, action]));
  const byId = new Map(recorded.map((action) => [action.id, action]));
  const ids = [...new Set(accepted.map(({ traceId = '' }) => traceId))];
  const known = new Set(ids);
  const statusOf = (traceId: string) => byTrace.get(traceId)?.status;
  const count = (status: string) => ids.filter((traceId) => statusOf(traceId) === status).length;

  const lost = [
    ...ids
      .filter((traceId) => !TERMINAL.has(statusOf(traceId) ?? ''))
      .map((traceId) => `${traceId}: accepted, and ${statusOf(traceId) ?? 'not on record'}`),
    ...recorded
      .filter(({ traceId, status }) => !TERMINAL.has(status ?? '') && !known.has(traceId))
      .map(({ traceId, status }) => `${traceId}: taken in, and ${status ?? 'not on record'}`),
    ...ids
      .filter((traceId) => TERMINAL.has(statusOf(traceId) ?? '') && !TERMINAL.has(readBack.get(traceId) ?? ''))
      .map((traceId) => `${traceId}: reads ${readBack.get(traceId) ?? 'not found'} over HTTP`),
  ];
  const doubled = [
    ...[...effects.counts].filter(([, times]) => times > 1).map(([id, times]) => `${id}: ${times} effects`),
    ...[...effects.keys].filter(([, keys]) => keys.size > 1).map(([id, keys]) => `${id}: ${keys.size} idempotency keys`),
    ...recorded.filter(({ ends }) => ends > 1).map(({ traceId, ends }) => `${traceId}: ended ${ends} times`),
    ...twice(accepted).map((id) => `${id}: accepted under two ids`),
  ];
  const withoutAllow = [...effects.firstAt]
    .filter(([id, at]) => (byId.get(id)?.allowedAt ?? Number.POSITIVE_INFINITY) > at + clocksApartMs)
    .map(([id]) => `${id}: an effect without an earlier ALLOW`);
  const contradictions = [
    ...told
      .filter(
        ({ status, traceId }) => SAID_TO_HAVE_FAILED.has(status) && traceId !== undefined && statusOf(traceId) === 'COMPLETED',
      )
      .map(({ traceId = '', status }) => `${traceId}: answered ${status}, recorded COMPLETED`),
    ...accepted
      .filter(({ said, traceId = '' }) => said !== undefined && TERMINAL.has(said) && statusOf(traceId) !== said)
      .map(({ traceId = '', said }) => `${traceId}: answered ${said}, recorded ${statusOf(traceId) ?? 'nothing'}`),
    ...recorded
      .filter(({ executed, status }) => executed && status !== 'COMPLETED')
      .map(({ traceId, status }) => `${traceId}: executed to the end, recorded ${status ?? 'nothing'}`),
    ...(trail.ok ? [] : [`the audit trail does not hold: ${trail.detail ?? ''}`]),
  ];
  return {
    accepted: ids.length,
    completed: count('COMPLETED'),
    denied: count('DENIED'),
    failed: count('FAILED'),
    unknown: count('UNKNOWN'),
    deadLettered: count('DEAD_LETTERED'),
    driven: recorded.filter(({ drives }) => drives > 0).length,
    lost,
    doubled,
    unallowed: [...withoutAllow, ...unallowed.map((traceId) => `${traceId}: executed without an earlier ALLOW`)],
    untold,
    contradictions,
  };
}

/** Ids of requests that were given more than one trace id. */
function twice(accepted: readonly Told[]): string[] {
  const traces = Map.groupBy(accepted, ({ id }) => id);
  return [...traces].filter(([, of]) => new Set(of.map(({ traceId }) => traceId)).size > 1).map(([id]) => id);
}
