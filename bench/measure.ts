import type { Generator } from './load/generator.ts';
import { createHistogram, type Histogram } from './load/histogram.ts';
import type { Load } from './load/load.ts';
import { readStages, type Stage, stagesBetween } from './observe/stages.ts';
import { cpuBetween, usageOf } from './observe/usage.ts';
import type { Subject } from './subject.ts';

export interface ProcessCost {
  readonly name: string;
  /** Share of one core. */
  readonly cores: number;
  readonly cpuMicrosPerAction: number;
  readonly memoryBytes: number;
}

export interface Measurement {
  readonly perSecond: number;
  readonly latency: Histogram;
  readonly processes: readonly ProcessCost[];
  readonly stages: readonly Stage[];
}

export const GENERATOR = 'load generator';

export type LoadShape =
  | { kind: 'closed'; seconds: number; clients: number }
  | { kind: 'open'; seconds: number; perSecond: number };

/** Runs one load against one subject and watches what it costs. */
export async function measure(subject: Subject, generator: Generator, shape: LoadShape): Promise<Measurement> {
  const load: Load = { ...shape, target: subject.target };
  const processes = subject.processes();
  const stagesBefore = await readStages(processes);
  const before = usageOf(processes);
  const beganMs = performance.now();
  const result = await generator.run(load);
  const elapsedMicros = (performance.now() - beganMs) * 1_000;
  const after = usageOf(processes);
  const stages = stagesBetween(stagesBefore, await readStages(processes));
  const latency = createHistogram(result.latency);
  const cpu = cpuBetween(before, after);
  const cost = (name: string, cpuMicros: number, memoryBytes: number): ProcessCost => ({
    name,
    cores: cpuMicros / elapsedMicros,
    cpuMicrosPerAction: cpuMicros / Math.max(1, latency.count),
    memoryBytes,
  });
  return {
    perSecond: result.answered / result.seconds,
    latency,
    processes: [
      ...after.map(({ name, memoryBytes }) => cost(name, cpu.get(name) ?? 0, memoryBytes)),
      cost(GENERATOR, result.cpuMicros, usageOf([{ name: GENERATOR, pid: generator.pid }])[0]?.memoryBytes ?? 0),
    ],
    stages,
  };
}

/** The one in the middle by throughput: noise on a shared machine has a long tail to one side. */
export function middle(measurements: readonly Measurement[]): Measurement {
  const sorted = measurements.toSorted((a, b) => a.perSecond - b.perSecond);
  const found = sorted[Math.floor(sorted.length / 2)];
  if (found === undefined) throw new Error('nothing was measured');
  return found;
}
