import type { ServiceName } from '@techno/contracts';
import type { ReceivedSpan } from '@techno/embedded';

/** One process of the system. */
export interface Process {
  readonly service: ServiceName;
  /** `http://host:port` of `/healthz`, `/readyz` and `/metrics`. */
  readonly ops: string;
}

/** Where finished traces can be read. */
export interface TraceSource {
  readonly name: string;
  /** Spans of one trace that have arrived so far. */
  ofTrace(w3cTraceId: string): Promise<readonly ReceivedSpan[]>;
}

/** Where what the services have written can be read. */
export interface LogSource {
  readonly name: string;
  /** Lines by service, from the beginning of the run on. */
  lines(): Promise<ReadonlyMap<ServiceName, readonly string[]>>;
  /** Services that have never written a line here. */
  silent(): Promise<readonly ServiceName[]>;
}

/** An upstream of the executor that fails or works as it is told. */
export interface Upstream {
  /** As the executor reaches it. */
  readonly url: string;
  broken: boolean;
}

/** What the contract is held against: a system, what watches it, and what the runbook itself brings to exercise it. */
export interface World {
  readonly processes: readonly Process[];
  readonly gateway: string;
  /** May ask for `echo`, `analyze_document`, `summarise_and_echo` and `notify`, and nothing else. */
  readonly apiKey: string;
  /** May do everything: it changes the policy for the time of the run, and puts it back. */
  readonly adminKey: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly traces: TraceSource;
  readonly logs: LogSource;
  readonly upstream: Upstream;
  /** Where messages that were sent can be made to fail; undefined where the providers are real. */
  readonly standIns: string | undefined;
  /** A webhook source and its Standard Webhooks secret. */
  readonly webhook: { readonly url: string; readonly secret: string };
  readonly dashboards: string;
  stop(): Promise<void>;
}
