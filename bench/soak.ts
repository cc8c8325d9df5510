import { setTimeout as delay } from 'node:timers/promises';
import type { Generator } from './load/generator.ts';
import { usageOf } from './observe/usage.ts';
import type { Subject } from './subject.ts';

export interface SoakResult {
  readonly seconds: number;
  readonly perSecond: number;
  readonly processes: readonly MemoryTrend[];
}

export interface MemoryTrend {
  readonly name: string;
  readonly firstBytes: number;
  readonly lastBytes: number;
  /** Growth over the whole run by the line that fits best, with one step in it or without, whichever is less steep. */
  readonly growthBytes: number;
  readonly flat: boolean;
}

type Point = readonly [seconds: number, bytes: number];

const SAMPLE_SECONDS = 5;
const REPORT_SECONDS = 30;
/** Heaps and buffers grow to their working size first. */
const SETTLING_SECONDS = 60;
const MIB = 1024 * 1024;
/** Growth below both is noise of the garbage collector. */
const FLAT_SHARE = 0.1;
const FLAT_BYTES = 16 * MIB;

/** Half of the maximum for `seconds`, with a look at everybody's memory every few of them. */
export async function soak(
  subject: Subject,
  generator: Generator,
  options: { seconds: number; perSecond: number; say: (line: string) => void },
): Promise<SoakResult> {
  const over = new AbortController();
  const samples = new Map<string, Point[]>();
  const watch = (async () => {
    for (let seconds = 0; !over.signal.aborted; seconds += SAMPLE_SECONDS) {
      const usage = usageOf(subject.processes());
      for (const { name, memoryBytes, sharedBytes } of usage) {
        samples.set(name, [...(samples.get(name) ?? []), [seconds, memoryBytes - sharedBytes]]);
      }
      if (seconds % REPORT_SECONDS === 0) {
        options.say(
          `${String(seconds).padStart(4)} s  ${usage.map(({ name, memoryBytes }) => `${name} ${mib(memoryBytes)}`).join('  ')}`,
        );
      }
      await delay(SAMPLE_SECONDS * 1_000, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  try {
    const result = await generator.run({
      kind: 'open',
      target: subject.target,
      seconds: options.seconds,
      perSecond: options.perSecond,
    });
    return {
      seconds: options.seconds,
      perSecond: result.answered / result.seconds,
      processes: [...samples].map(([name, points]) => trendOf(name, points)),
    };
  } finally {
    over.abort();
    await watch;
  }
}

/** One step to another working size, as when a stream is full for the first time, is not growth: what leaks grows on beside it. */
export function trendOf(name: string, points: readonly Point[]): MemoryTrend {
  const settled = points.filter(([seconds]) => seconds >= SETTLING_SECONDS);
  const used = settled.length >= 2 ? settled : points;
  const [from = 0, firstBytes = 0] = used[0] ?? [];
  const [until = 0, lastBytes = 0] = used.at(-1) ?? [];
  const stepped = used
    .slice(1)
    .map((_, index) => commonLine([used.slice(0, index + 1), used.slice(index + 1)]))
    .toSorted((one, other) => one.squaredError - other.squaredError)[0];
  const pace = Math.min(commonLine([used]).slope, stepped?.slope ?? Number.POSITIVE_INFINITY);
  const growthBytes = pace * (until - from);
  return { name, firstBytes, lastBytes, growthBytes, flat: growthBytes < Math.max(FLAT_BYTES, mean(used, 1) * FLAT_SHARE) };
}

/** Least squares: one slope (bytes a second) for all runs of points, each at a height of its own. */
function commonLine(runs: readonly (readonly Point[])[]): { slope: number; squaredError: number } {
  const centred = runs.flatMap((run) => {
    const [meanX, meanY] = [mean(run, 0), mean(run, 1)];
    return run.map(([x, y]) => [x - meanX, y - meanY] as const);
  });
  const variance = centred.reduce((sum, [x]) => sum + x * x, 0);
  const slope = variance === 0 ? 0 : centred.reduce((sum, [x, y]) => sum + x * y, 0) / variance;
  return { slope, squaredError: centred.reduce((sum, [x, y]) => sum + (y - slope * x) ** 2, 0) };
}

function mean(points: readonly Point[], axis: 0 | 1): number {
  return points.reduce((sum, point) => sum + point[axis], 0) / points.length;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)}M`;
}
