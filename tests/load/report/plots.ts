import { createHistogram } from '../../../bench/load/histogram.ts';
import type { LoadResult } from './result.ts';

/** One plot as the page draws it: the first series is x. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly { readonly name: string; readonly points: readonly (number | null)[] }[];
}

const PERCENTILES = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99];

/** Everything there is to see of a result, in the order of the page. */
export function plotsOf({ run, samples, knee }: LoadResult): Plot[] {
  const seconds = run.seconds.map((_, index) => index + 1);
  const kinds = [...new Set(run.seconds.flatMap(({ faults }) => Object.keys(faults)))];
  const latency = createHistogram(run.latency);
  const ms = (pick: (second: (typeof run.seconds)[number]) => number) =>
    run.seconds.map((second) => (second.due === 0 ? null : pick(second) / 1_000));
  const overTime = (title: string, yLabel: string, series: Plot['series'], x = seconds): Plot => ({
    title,
    xLabel: 's',
    yLabel,
    series: [{ name: 's', points: x }, ...series],
  });
  const sampled = (
    title: string,
    yLabel: string,
    pick: (sample: (typeof samples)[number]) => Readonly<Record<string, number>>,
  ) => {
    const names = [...new Set(samples.flatMap((sample) => Object.keys(pick(sample))))].sort();
    const series = names.map((name) => ({ name, points: samples.map((sample) => pick(sample)[name] ?? null) }));
    return overTime(
      title,
      yLabel,
      series,
      samples.map(({ second }) => second),
    );
  };
  const lagged = new Set(samples.flatMap(({ lag }) => Object.keys(lag).filter((name) => (lag[name] ?? 0) > 0)));
  const busy = (lag: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(lag).filter(([name]) => lagged.has(name)));
  return [
    ...(knee === undefined ? [] : kneePlots(knee)),
    overTime('Requests due and answered', 'per second', [
      { name: 'due', points: run.seconds.map(({ due }) => due) },
      { name: 'answered', points: run.seconds.map(({ answered }) => answered) },
      ...kinds.map((name) => ({ name, points: run.seconds.map(({ faults }) => faults[name] ?? 0) })),
    ]),
    overTime('Latency, by the second in which a request was due', 'ms', [
      { name: 'p50', points: ms((second) => second.latency.p50) },
      { name: 'p95', points: ms((second) => second.latency.p95) },
      { name: 'p99', points: ms((second) => second.latency.p99) },
      { name: 'max', points: ms((second) => second.latency.max) },
    ]),
    {
      title: 'Latency by percentile',
      xLabel: '%',
      yLabel: 'ms',
      series: [
        { name: '%', points: PERCENTILES },
        { name: 'latency', points: PERCENTILES.map((percent) => latency.percentile(percent) / 1_000) },
      ],
    },
    overTime('Requests open', 'requests', [{ name: 'open', points: run.seconds.map(({ open }) => open) }]),
    sampled('Processor time', 'cores', ({ cores }) => cores),
    sampled('Memory', 'MiB', ({ memoryMiB }) => memoryMiB),
    sampled('Lag of consumers', 'messages', ({ lag }) => busy(lag)),
  ].filter(({ series }) => series.length > 1 && (series[0]?.points.length ?? 0) > 1);
}

function kneePlots({ steps }: NonNullable<LoadResult['knee']>): Plot[] {
  const asked = { name: 'asked for', points: steps.map(({ perSecond }) => perSecond) };
  return [
    {
      title: 'The knee: what was asked for, and what came of it',
      xLabel: 'asked for per second',
      yLabel: 'per second',
      series: [
        { name: 'a second', points: asked.points },
        asked,
        { name: 'answered', points: steps.map(({ achieved }) => achieved) },
      ],
    },
    {
      title: 'The knee: how long it took',
      xLabel: 'asked for per second',
      yLabel: 'ms',
      series: [
        asked,
        { name: 'p50', points: steps.map(({ p50 }) => p50 / 1_000) },
        { name: 'p99', points: steps.map(({ p99 }) => p99 / 1_000) },
      ],
    },
  ];
}
