import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** One time series, held by who counts. Counting is one addition; prom-client sees the sum when somebody reads. */
export interface Cell {
  inc(by?: number): void;
}

export interface GaugeCell extends Cell {
  dec(by?: number): void;
  set(value: number): void;
}

export interface MetricSpec<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

/** Past this many series of one metric, new label values are counted under `OTHER`: a label taken from data must not grow for ever. */
const MAX_SERIES = 1_000;

type Values<Label extends string> = Readonly<Record<Label, string>>;

function seriesOf<Label extends string, Series>(labels: readonly Label[], create: (values: Values<Label>) => Series) {
  const series = new Map<string, Series>();
  return (values: Values<Label>): Series => {
    let key = '';
    for (const label of labels) key += `${values[label]}\n`;
    const known = series.get(key);
    if (known !== undefined) return known;
    const overflowing = series.size >= MAX_SERIES;
    const kept = overflowing ? (Object.fromEntries(labels.map((label) => [label, 'OTHER'])) as Values<Label>) : { ...values };
    const otherKey = 'OTHER\n'.repeat(labels.length);
    const created = (overflowing ? series.get(otherKey) : undefined) ?? create(kept);
    series.set(overflowing ? otherKey : key, created);
    return created;
  };
}

/** A counter whose series start at 0 when first asked for, so that a rate over them sees the first increment. */
export function counterCells<Label extends string>(registry: Registry, spec: MetricSpec<Label>): (values: Values<Label>) => Cell {
  const pending: { values: Values<Label>; count: number }[] = [];
  new Counter<Label>({
    name: spec.name,
    help: spec.help,
    labelNames: spec.labels,
    registers: [registry],
    collect() {
      for (const cell of pending) {
        this.inc(cell.values, cell.count);
        cell.count = 0;
      }
    },
  });
  return seriesOf(spec.labels, (values) => {
    const cell = { values, count: 0 };
    pending.push(cell);
    return { inc: (by = 1) => void (cell.count += by) };
  });
}

export function gaugeCells<Label extends string>(
  registry: Registry,
  spec: MetricSpec<Label>,
): (values: Values<Label>) => GaugeCell {
  const cells: { values: Values<Label>; value: number }[] = [];
  new Gauge<Label>({
    name: spec.name,
    help: spec.help,
    labelNames: spec.labels,
    registers: [registry],
    collect() {
      for (const cell of cells) this.set(cell.values, cell.value);
    },
  });
  return seriesOf(spec.labels, (values) => {
    const cell = { values, value: 0 };
    cells.push(cell);
    return {
      inc: (by = 1) => void (cell.value += by),
      dec: (by = 1) => void (cell.value -= by),
      set: (value) => void (cell.value = value),
    };
  });
}

/** `exemplarTraceId` (32 hex digits): only of sampled traces, as no other can be opened. */
export type Observe = (seconds: number, exemplarTraceId?: string) => void;

/**
 * A histogram in seconds. prom-client only lets an OpenMetrics registry hold exemplars, so `registry` must be one while
 * this is called.
 */
export function histogramCells<Label extends string>(
  registry: Registry,
  spec: MetricSpec<Label> & { readonly bucketsSeconds: readonly number[]; readonly exemplars?: boolean },
): (values: Values<Label>) => Observe {
  const histogram = new Histogram<string>({
    name: spec.name,
    help: spec.help,
    labelNames: [...spec.labels],
    buckets: [...spec.bucketsSeconds],
    registers: [registry],
    enableExemplars: spec.exemplars ?? false,
  });
  return seriesOf(spec.labels, (values) => {
    const plain = histogram.labels(values);
    return (seconds, exemplarTraceId) => {
      if (exemplarTraceId === undefined || spec.exemplars !== true) plain.observe(seconds);
      else histogram.observe({ labels: values, value: seconds, exemplarLabels: { trace_id: exemplarTraceId } });
    };
  });
}
