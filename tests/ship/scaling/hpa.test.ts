import { expect, test } from 'vitest';
import { createHpa, type HpaSpec, SYNC_MS, wanted } from './hpa.ts';

const spec: HpaSpec = {
  minReplicas: 2,
  maxReplicas: 20,
  lagPerReplica: 256,
  cpuPercent: 70,
  upWindowMs: 0,
  downWindowMs: 300_000,
};
const idle = { lag: 0, cpuPercent: 0 };
const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

/** What is wanted after each sync, with the replicas following at once. */
function follow(
  readings: readonly { lag: number; cpuPercent: number }[],
  from: number,
  changed: Partial<HpaSpec> = {},
): number[] {
  const hpa = createHpa({ ...spec, ...changed });
  let current = from;
  return readings.map((reading, index) => (current = hpa.sync(index * SYNC_MS, current, reading)));
}

// The examples of the documentation: twice the value wants twice the replicas, half of it half.
test.each([
  [2, 200 / 100, (2 * 200) / 100, 4],
  [4, 50 / 100, (4 * 50) / 100, 2],
  [3, 1.09, 3.27, 3],
  [3, 0.91, 2.73, 3],
  [3, 1.11, 3.33, 4],
])('%i replicas at %f of the target want %f, so %i', (current, ratio, exactly, expected) => {
  expect(wanted(current, ratio, exactly)).toBe(expected);
});

test('lag goes up at once: at most four more, or twice as many, in a period', () => {
  expect(follow(times(5, { lag: 256 * 40, cpuPercent: 0 }), 2)).toEqual([6, 12, 20, 20, 20]);
  expect(follow([{ lag: 256 * 3, cpuPercent: 0 }], 2)).toEqual([3]);
});

test('the metric that wants more wins', () => {
  expect(follow([{ lag: 0, cpuPercent: 140 }], 2)).toEqual([4]);
  expect(follow([{ lag: 256 * 5, cpuPercent: 140 }], 2)).toEqual([5]);
});

test('down only after five minutes without a reason to stay, and then at once', () => {
  const readings = [{ lag: 256 * 6, cpuPercent: 0 }, ...times(30, idle)];
  const replicas = follow(readings, 4);
  const window = spec.downWindowMs / SYNC_MS;
  expect(replicas.slice(0, window)).toEqual(times(window, 6));
  expect(replicas.slice(window)).toEqual(times(readings.length - window, 2));
});

test('a short rest brings nobody down', () => {
  const busy = { lag: 256 * 6, cpuPercent: 0 };
  const replicas = follow([busy, ...times(10, idle), busy, ...times(10, idle)], 4);
  expect(new Set(replicas)).toEqual(new Set([6]));
});

test('bounds hold', () => {
  expect(follow([idle, ...times(40, idle)], 9, { minReplicas: 3 }).at(-1)).toBe(3);
  expect(follow(times(9, { lag: 1e9, cpuPercent: 900 }), 2, { maxReplicas: 7 }).at(-1)).toBe(7);
});
