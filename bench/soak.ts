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
  /** Growth over the whole run at the pace that the run and both of its halves reach, by the lines that fit best. */
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

/** What leaks grows in both halves; a step to another working size, as when a stream is full for the first time, is in one. */
export function trendOf(name: string, points: readonly Point[]): MemoryTrend {
  const settled = points.filter(([seconds]) => seconds >= SETTLING_SECONDS);
  const used = settled.length >= 4 ? settled : points;
  const middle = Math.floor(used.length / 2);
  const [from = 0, firstBytes = 0] = used[0] ?? [];
  const [until = 0, lastBytes = 0] = used.at(-1) ?? [];
  const pace = Math.min(...[used, used.slice(0, middle), used.slice(middle)].map(slopeOf));
  const growthBytes = pace * (until - from);
  return { name, firstBytes, lastBytes, growthBytes, flat: growthBytes < Math.max(FLAT_BYTES, mean(used, 1) * FLAT_SHARE) };
}

/** Bytes a second, by least squares. */
function slopeOf(points: readonly Point[]): number {
  const meanX = mean(points, 0);
  const meanY = mean(points, 1);
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance;
}

function mean(points: readonly Point[], axis: 0 | 1): number {
  return points.reduce((sum, point) => sum + point[axis], 0) / points.length;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)}M`;
}
