import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constantArrivals, poissonArrivals } from './arrivals.ts';

const rate = fc.integer({ min: 1, max: 2_000 });
const seconds = fc.integer({ min: 1, max: 5 });

test('constant: exactly so many, evenly apart', () => {
  fc.assert(
    fc.property(rate, seconds, (perSecond, length) => {
      const times = [...constantArrivals(perSecond, length)];
      expect(times).toHaveLength(perSecond * length);
      expect(times[0]).toBe(0);
      expect(times.at(-1)).toBeCloseTo(length * 1_000 - 1_000 / perSecond, 6);
    }),
  );
});

describe('Poisson', () => {
  test('never goes back, ends with its time, and is the same again for the same seed', () => {
    fc.assert(
      fc.property(rate, seconds, fc.integer(), (perSecond, length, seed) => {
        const times = [...poissonArrivals(perSecond, length, seed)];
        expect(times.every((time, index) => time >= (times[index - 1] ?? 0) && time < length * 1_000)).toBe(true);
        expect([...poissonArrivals(perSecond, length, seed)]).toEqual(times);
      }),
    );
  });

  test('has the wanted rate, and the spread that independent callers have', () => {
    const perSecond = 400;
    const counts = Array.from({ length: 200 }, () => 0);
    for (const time of poissonArrivals(perSecond, counts.length, 1)) counts[Math.floor(time / 1_000)]! += 1;
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    expect(Math.abs(mean - perSecond)).toBeLessThan(8);
    // Of a Poisson distribution the variance is the mean.
    expect(variance / mean).toBeGreaterThan(0.7);
    expect(variance / mean).toBeLessThan(1.4);
  });
});
