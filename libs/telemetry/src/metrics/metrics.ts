import { type ActionMetrics, actionMetrics } from './actions.ts';
import { type ActorMetrics, actorMetrics } from './actors.ts';
import { type Cell, counterCells, gaugeCells, type GaugeCell, histogramCells, type MetricSpec, type Observe } from './cells.ts';
import { type ConsumerMetrics, consumerMetrics } from './consumers.ts';
import { type GateMetrics, gateMetrics } from './gates.ts';
import { type HealthMetrics, healthMetrics } from './health.ts';
import { type ObservabilityMetrics, observabilityMetrics } from './observability.ts';
import { processMetrics } from './process.ts';
import { createRegistry, type Exposition } from './registry.ts';
import { type RequestMetrics, requestMetrics } from './requests.ts';
import { type StoreMetrics, storeMetrics } from './store.ts';
import { type StreamMetrics, streamMetrics } from './streams.ts';

type Values<Label extends string> = Readonly<Record<Label, string>>;

/** Every metric of the system, by group. A process shows those of the groups it touches; unlabelled ones always, at 0. */
export interface Metrics {
  readonly requests: RequestMetrics;
  readonly gates: GateMetrics;
  readonly actions: ActionMetrics;
  /** The counts of one actor; keep what it gives. */
  actor(name: string): ActorMetrics;
  readonly consumers: ConsumerMetrics;
  readonly streams: StreamMetrics;
  readonly store: StoreMetrics;
  readonly health: HealthMetrics;
  readonly observability: ObservabilityMetrics;
  /** For what only one service has. Names and labels are checked by prom-client; a name taken twice throws. */
  counter<Label extends string>(spec: MetricSpec<Label>): (values: Values<Label>) => Cell;
  gauge<Label extends string>(spec: MetricSpec<Label>): (values: Values<Label>) => GaugeCell;
  histogram<Label extends string>(
    spec: MetricSpec<Label> & { readonly bucketsSeconds: readonly number[] },
  ): (values: Values<Label>) => Observe;
  /** The text a scraper reads: OpenMetrics with exemplars where `accept` asks for it, else Prometheus text. */
  text(accept?: string): Promise<Exposition>;
  stop(): void;
}

export function createMetrics(version = 'unknown'): Metrics {
  const { registry, render } = createRegistry();
  // What runs here, as the convention is: a 1 whose labels say it.
  gaugeCells(registry, { name: 'techno_build_info', help: '1; the version that runs', labels: ['version'] })({ version }).set(1);
  return {
    requests: requestMetrics(registry),
    gates: gateMetrics(registry),
    actions: actionMetrics(registry),
    actor: actorMetrics(registry),
    consumers: consumerMetrics(registry),
    streams: streamMetrics(registry),
    store: storeMetrics(registry),
    health: healthMetrics(registry),
    observability: observabilityMetrics(registry),
    stop: processMetrics(registry),
    counter: (spec) => counterCells(registry, spec),
    gauge: (spec) => gaugeCells(registry, spec),
    histogram: (spec) => histogramCells(registry, spec),
    text: render,
  };
}
