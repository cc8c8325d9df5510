import { createHistogram, type Histogram, type HistogramData } from '../../bench/load/histogram.ts';

/** One second of a run. */
export interface Second {
  /** Requests due in it. */
  readonly due: number;
  /** Good answers that came in it. */
  readonly answered: number;
  /** Other answers that came in it, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Due and not answered at its end. */
  readonly open: number;
  /** Of the good answers to requests that were due in it, whenever they came; microseconds. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
}

export interface Run {
  /** Wanted. */
  readonly perSecond: number;
  readonly seconds: readonly Second[];
  /** Of every good answer. */
  readonly latency: HistogramData;
  readonly due: number;
  readonly good: number;
  readonly faults: Readonly<Record<string, { readonly count: number; readonly example: string }>>;
  /** Processor time of the generator itself. */
  readonly cpuMicros: number;
}

interface Open {
  due: number;
  answered: number;
  faults: Map<string, number>;
  latency: Histogram;
}

/** Sorts what happens into seconds. Times are milliseconds of one clock; `startMs` is the beginning of second 0. */
export function createTimeline(startMs: number) {
  const seconds: Open[] = [];
  const all = createHistogram();
  const faults = new Map<string, { count: number; example: string }>();
  let good = 0;
  const at = (ms: number): Open => {
    const index = Math.max(0, Math.floor((ms - startMs) / 1_000));
    while (seconds.length <= index) seconds.push({ due: 0, answered: 0, faults: new Map(), latency: createHistogram() });
    return seconds[index] as Open;
  };
  const series = (): Second[] => {
    let open = 0;
    return seconds.map(({ due, answered, faults: bad, latency }) => {
      open += due - answered - [...bad.values()].reduce((sum, count) => sum + count, 0);
      const percentile = (percent: number) => latency.percentile(percent);
      return {
        due,
        answered,
        faults: Object.fromEntries(bad),
        open,
        latency: { p50: percentile(50), p95: percentile(95), p99: percentile(99), max: latency.max },
      };
    });
  };
  return {
    due: (dueMs: number) => void (at(dueMs).due += 1),
    answer(dueMs: number, nowMs: number, fault: string | undefined) {
      const now = at(nowMs);
      if (fault === undefined) {
        now.answered += 1;
        good += 1;
        const micros = (nowMs - dueMs) * 1_000;
        all.record(micros);
        at(dueMs).latency.record(micros);
        return;
      }
      const kind = fault.split(/[:{]/, 1)[0] ?? fault;
      now.faults.set(kind, (now.faults.get(kind) ?? 0) + 1);
      const known = faults.get(kind);
      if (known === undefined) faults.set(kind, { count: 1, example: fault.slice(0, 500) });
      else known.count += 1;
    },
    /** The seconds so far, the last one unfinished. */
    series,
    result(perSecond: number, cpuMicros: number): Run {
      const list = series();
      return {
        perSecond,
        seconds: list,
        latency: all.data(),
        due: list.reduce((sum, { due }) => sum + due, 0),
        good,
        faults: Object.fromEntries(faults),
        cpuMicros,
      };
    },
  };
}
