import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHistogram } from './histogram.ts';

const micros = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe('histogram', () => {
  it('gives every percentile within 1 % of the exact one', () => {
    fc.assert(
      fc.property(fc.array(micros, { minLength: 1, maxLength: 500 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const histogram = createHistogram();
        values.forEach((value) => histogram.record(value));
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0;
        expect(histogram.percentile(percent)).toBeGreaterThanOrEqual(exact);
        expect(histogram.percentile(percent)).toBeLessThanOrEqual(exact * 1.01);
      }),
    );
  });

  it('is the same after travelling, and adds up', () => {
    fc.assert(
      fc.property(fc.array(micros), fc.array(micros), (some, others) => {
        const [first, second, all] = [createHistogram(), createHistogram(), createHistogram()];
        some.forEach((value) => first.record(value));
        others.forEach((value) => second.record(value));
        [...some, ...others].forEach((value) => all.record(value));
        const merged = createHistogram(first.data());
        merged.merge(second.data());
        expect(merged.data()).toEqual(all.data());
        expect(merged.count).toBe(some.length + others.length);
      }),
    );
  });

  it('is 0 when empty', () => {
    const { count, mean, max } = createHistogram();
    expect([count, mean, max, createHistogram().percentile(99)]).toEqual([0, 0, 0, 0]);
  });
});
