import type { MeasuredProcess } from '../subject.ts';

/** One histogram of one service, as read at one moment. Buckets are cumulative, by upper bound in seconds. */
interface Reading {
  readonly buckets: Map<number, number>;
  sum: number;
  count: number;
}

/** Readings by `service metric{labels}`. */
export type StageReadings = ReadonlyMap<string, Reading>;

export interface Stage {
  readonly name: string;
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const LINE = /^(\w+)_(bucket|sum|count)(?:\{(.*)\})? (\S+)$/;
const BOUND = /(?:^|,)le="([^"]+)"/;

/** Reads the duration histograms of every process that has metrics. One that does not answer is left out. */
export async function readStages(processes: readonly MeasuredProcess[]): Promise<StageReadings> {
  const readings = new Map<string, Reading>();
  await Promise.all(
    processes.map(async ({ name, ops }) => {
      if (ops === undefined) return;
      try {
        const response = await fetch(`${ops}/metrics`, { signal: AbortSignal.timeout(5_000) });
        addHistograms(name, await response.text(), readings);
      } catch {
        // The table then lacks its lines.
      }
    }),
  );
  return readings;
}

export function addHistograms(service: string, text: string, readings: Map<string, Reading>): void {
  for (const line of text.split('\n')) {
    const [, metric = '', part = '', labels = '', value = '0'] = LINE.exec(line) ?? [];
    if (!metric.endsWith('_seconds') || metric.startsWith('nodejs_')) continue;
    const own = labels.replace(BOUND, '').replace(/^,/, '');
    const key = `${service} ${metric}${own === '' ? '' : `{${own}}`}`;
    const reading = readings.get(key) ?? { buckets: new Map<number, number>(), sum: 0, count: 0 };
    readings.set(key, reading);
    if (part === 'sum') reading.sum = Number(value);
    else if (part === 'count') reading.count = Number(value);
    else reading.buckets.set(boundOf(labels), Number(value));
  }
}

function boundOf(labels: string): number {
  const bound = BOUND.exec(labels)?.[1] ?? '+Inf';
  return bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
}

/** What happened between two readings, the most frequent first. */
export function stagesBetween(before: StageReadings, after: StageReadings): Stage[] {
  const stages: Stage[] = [];
  for (const [name, end] of after) {
    const start = before.get(name);
    const count = end.count - (start?.count ?? 0);
    if (count <= 0) continue;
    const cumulative = [...end.buckets]
      .map(([bound, times]): [number, number] => [bound, times - (start?.buckets.get(bound) ?? 0)])
      .toSorted(([a], [b]) => a - b);
    stages.push({
      name,
      count,
      meanMs: ((end.sum - (start?.sum ?? 0)) / count) * 1_000,
      p50Ms: quantile(cumulative, count, 0.5) * 1_000,
      p99Ms: quantile(cumulative, count, 0.99) * 1_000,
    });
  }
  return stages.toSorted((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}

/** Linear inside its bucket, as Prometheus' histogram_quantile does it. */
function quantile(cumulative: readonly (readonly [number, number])[], count: number, q: number): number {
  const rank = q * count;
  let lower = 0;
  let below = 0;
  for (const [bound, times] of cumulative) {
    if (times >= rank) {
      if (bound === Number.POSITIVE_INFINITY) return lower;
      return lower + (bound - lower) * ((rank - below) / (times - below));
    }
    lower = bound;
    below = times;
  }
  return lower;
}
