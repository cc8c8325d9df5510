import { usageOf } from '../../bench/observe/usage.ts';
import type { StackFile } from '../e2e/launched.ts';

/** The system at one moment of a run. */
export interface Sample {
  /** Since the beginning. */
  readonly second: number;
  /** Share of one core, by process; replicas together. */
  readonly cores: Readonly<Record<string, number>>;
  readonly memoryMiB: Readonly<Record<string, number>>;
  /** Messages stored and not yet given to each consumer. */
  readonly lag: Readonly<Record<string, number>>;
}

const EVERY_MS = 1_000;
const MIB = 1024 * 1024;
const LAG = /^consumer_lag\{.*?consumer="([^"]+)".*?\} (\S+)$/;

/** Looks at every process once a second. */
export function watchSystem(stack: StackFile) {
  const samples: Sample[] = [];
  const began = performance.now();
  const processes = [
    ...stack.processes.map(({ service, pid }) => ({ name: service, pid })),
    ...stack.infrastructure.map(({ name, pid }) => ({ name, pid })),
  ];
  let before = usageOf(processes);
  let beforeMs = performance.now();
  const sample = async () => {
    const after = usageOf(processes);
    const nowMs = performance.now();
    const cpuBefore = new Map(before.map(({ pid, cpuMicros }) => [pid, cpuMicros]));
    const cores: Record<string, number> = {};
    const memoryMiB: Record<string, number> = {};
    for (const { name, pid, cpuMicros, memoryBytes } of after) {
      cores[name] = (cores[name] ?? 0) + (cpuMicros - (cpuBefore.get(pid) ?? cpuMicros)) / ((nowMs - beforeMs) * 1_000);
      memoryMiB[name] = (memoryMiB[name] ?? 0) + memoryBytes / MIB;
    }
    [before, beforeMs] = [after, nowMs];
    samples.push({ second: (nowMs - began) / 1_000, cores, memoryMiB, lag: await readLag(stack) });
  };
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(sample);
  }, EVERY_MS);
  return {
    samples: samples as readonly Sample[],
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/** The greatest that any replica says of each consumer. One that does not answer says nothing. */
async function readLag({ processes }: StackFile): Promise<Record<string, number>> {
  const lag: Record<string, number> = {};
  const texts = await Promise.all(
    processes.map(({ ops }) =>
      fetch(`${ops}/metrics`, { signal: AbortSignal.timeout(900) }).then(
        (response) => response.text(),
        () => '',
      ),
    ),
  );
  for (const line of texts.join('\n').split('\n')) {
    const [, consumer, value] = LAG.exec(line) ?? [];
    if (consumer !== undefined) lag[consumer] = Math.max(lag[consumer] ?? 0, Number(value));
  }
  return lag;
}
