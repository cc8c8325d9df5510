import { createHistogram } from './histogram.ts';
import type { LoadResult } from './load.ts';

/** Counts the answers of one run. Times are milliseconds of `performance.now()`. */
export function startTally(endMs: number) {
  const latency = createHistogram();
  const faults = new Map<string, { count: number; example: string }>();
  const startMs = performance.now();
  const cpuAtStart = process.cpuUsage();
  let answered = 0;
  return {
    answer(sinceMs: number, nowMs: number, fault: string | undefined): void {
      if (fault === undefined) {
        latency.record((nowMs - sinceMs) * 1_000);
        if (nowMs <= endMs) answered += 1;
        return;
      }
      const kind = fault.split(/[:{]/, 1)[0] ?? fault;
      const known = faults.get(kind);
      if (known === undefined) faults.set(kind, { count: 1, example: fault });
      else known.count += 1;
    },
    result(): LoadResult {
      const { user, system } = process.cpuUsage(cpuAtStart);
      return {
        answered,
        seconds: (endMs - startMs) / 1_000,
        latency: latency.data(),
        faults: Object.fromEntries(faults),
        cpuMicros: user + system,
      };
    },
  };
}
