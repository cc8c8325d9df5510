import type { Target } from './connection.ts';
import type { HistogramData } from './histogram.ts';

/** Closed: each client sends again as soon as it is answered. Open: requests start at a fixed rate, whatever the answers do. */
export type Load =
  | { readonly kind: 'closed'; readonly target: Target; readonly seconds: number; readonly clients: number }
  | { readonly kind: 'open'; readonly target: Target; readonly seconds: number; readonly perSecond: number };

export interface LoadResult {
  /** Good answers that came within the time. */
  readonly answered: number;
  readonly seconds: number;
  /** Latency of every good answer, also of those that came after the time. */
  readonly latency: HistogramData;
  /** Bad answers by kind, and one whole one of each. */
  readonly faults: Readonly<Record<string, { readonly count: number; readonly example: string }>>;
  /** Processor time of the generator itself. */
  readonly cpuMicros: number;
}
