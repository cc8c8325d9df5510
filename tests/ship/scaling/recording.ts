import type { HpaSpec } from './hpa.ts';

/** One second of the real stack. */
export interface Sample {
  /** Seconds since the load began. */
  readonly t: number;
  /** Requests accepted (202) in this second. */
  readonly accepted: number;
  /** Actions that the upstream finished in this second. */
  readonly done: number;
  /** `consumer_lag` of the executor, as its own metrics say. */
  readonly lag: number;
  /** Replicas that were ready. */
  readonly replicas: number;
  /** CPU seconds that all replicas used in this second. */
  readonly cpu: number;
}

/** What was recorded, where and how; kept in docs/scaling/recorded.json. */
export interface Recording {
  readonly recordedAt: string;
  readonly machine: string;
  /** How long the upstream takes for one call, and the calls that one replica makes at once. */
  readonly upstreamMs: number;
  readonly concurrency: number;
  /** From the start of a replica's process to its first `/readyz`. */
  readonly startMs: number;
  /** Saturated, with so many replicas each: what they do in a second. */
  readonly rates: readonly { readonly replicas: number; readonly perSecond: number; readonly cpuPerAction: number }[];
  /** The autoscaler of the run below. */
  readonly spec: HpaSpec;
  /** Scaled by the autoscaler's algorithm while it ran: real processes, started and stopped by it. */
  readonly scaled: readonly Sample[];
  /** Requests a second, from that second on. */
  readonly profile: readonly { readonly from: number; readonly perSecond: number }[];
}
