import { expect, it } from 'vitest';
import { seededRandom } from './seeded-random.ts';

const numbers = (seed: number, count: number) => Array.from({ length: count }, seededRandom(seed));

it('gives the same numbers for the same seed, and others for another', () => {
  expect(numbers(7, 100)).toEqual(numbers(7, 100));
  expect(numbers(7, 100)).not.toEqual(numbers(8, 100));
});

it('fills [0, 1) evenly', () => {
  const drawn = numbers(1, 10_000);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...drawn)).toBeLessThan(1);
  const tenths = Map.groupBy(drawn, (one) => Math.floor(one * 10));
  // A fair one is more than six standard deviations (30 each) away from these bounds.
  for (let tenth = 0; tenth < 10; tenth++) {
    expect(tenths.get(tenth)?.length).toBeGreaterThan(800);
    expect(tenths.get(tenth)?.length).toBeLessThan(1_200);
  }
});
