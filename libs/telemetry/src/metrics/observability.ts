import type { Registry } from 'prom-client';
import { type Cell, counterCells } from './cells.ts';

/** Telemetry about the telemetry: what it could not deliver. */
export interface ObservabilityMetrics {
  /** `log_lines_dropped_total`: the reader of the log stalled, or the disk is full. */
  readonly logLinesDropped: Cell;
  /** `trace_spans_exported_total{outcome}`: `ok`, or `failed` where the collector did not take them. */
  spansExported(outcome: 'ok' | 'failed', count: number): void;
}

export function observabilityMetrics(registry: Registry): ObservabilityMetrics {
  const dropped = counterCells(registry, {
    name: 'log_lines_dropped_total',
    help: 'Log lines that could not be written',
    labels: [],
  });
  const spans = counterCells(registry, {
    name: 'trace_spans_exported_total',
    help: 'Spans given to the collector, and those it did not take',
    labels: ['outcome'],
  });
  // There from the beginning: none exported is 0, and no riddle.
  const exported = { ok: spans({ outcome: 'ok' }), failed: spans({ outcome: 'failed' }) };
  return {
    logLinesDropped: dropped({}),
    spansExported: (outcome, count) => exported[outcome].inc(count),
  };
}
