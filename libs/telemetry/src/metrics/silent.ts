import type { Cell, GaugeCell } from './cells.ts';
import type { Metrics } from './metrics.ts';

const nothing = (): void => {};
const cell: Cell = { inc: nothing };
const gauge: GaugeCell = { inc: nothing, dec: nothing, set: nothing };

/** Counts nothing and shows nothing: what it costs to count is the difference. */
export const silentMetrics: Metrics = {
  requests: { processRequests: cell, finished: nothing, shed: nothing, webhookRejected: nothing },
  gates: { verdict: nothing, promptInjectionBlocked: cell },
  actions: { executorCalled: nothing, result: nothing },
  actor: () => ({ begun: nothing, ended: nothing, retried: nothing, deadLettered: nothing }),
  consumers: { lagFrom: nothing },
  streams: { usageFrom: nothing },
  store: { queried: nothing, connectionsFrom: nothing },
  health: { checked: nothing },
  observability: { logLinesDropped: cell, spansExported: nothing },
  counter: () => () => cell,
  gauge: () => () => gauge,
  histogram: () => () => nothing,
  text: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: '' }),
  stop: nothing,
};
