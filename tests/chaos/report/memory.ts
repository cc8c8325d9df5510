import { usageOf } from '../../../bench/observe/usage.ts';

const EVERY_MS = 1_000;
const MIB = 1024 * 1024;

/** Keeps the most that each process has had resident, by name; of replicas the largest. */
export function watchMemory(processes: () => readonly { name: string; pid: number }[]) {
  const most = new Map<string, number>();
  const timer = setInterval(() => {
    for (const { name, memoryBytes } of usageOf(processes())) {
      most.set(name, Math.max(most.get(name) ?? 0, Math.round(memoryBytes / MIB)));
    }
  }, EVERY_MS);
  return { most: () => Object.fromEntries(most), stop: () => clearInterval(timer) };
}
