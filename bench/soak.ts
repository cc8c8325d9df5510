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
  /** Growth over the whole run by the line that fits best. */
  readonly growthBytes: number;
  readonly flat: boolean;
}

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
  const samples = new Map<string, [seconds: number, bytes: number][]>();
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

/** Least squares over what follows the settling time. */
export function trendOf(name: string, points: readonly (readonly [seconds: number, bytes: number])[]): MemoryTrend {
  const settled = points.filter(([seconds]) => seconds >= SETTLING_SECONDS);
  const used = settled.length >= 2 ? settled : points;
  const meanX = used.reduce((sum, [x]) => sum + x, 0) / used.length;
  const meanY = used.reduce((sum, [, y]) => sum + y, 0) / used.length;
  const covariance = used.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = used.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const [firstX = 0, firstBytes = 0] = used[0] ?? [];
  const [lastX = 0, lastBytes = 0] = used.at(-1) ?? [];
  const growthBytes = variance === 0 ? 0 : (covariance / variance) * (lastX - firstX);
  return { name, firstBytes, lastBytes, growthBytes, flat: growthBytes < Math.max(FLAT_BYTES, meanY * FLAT_SHARE) };
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)}M`;
}
