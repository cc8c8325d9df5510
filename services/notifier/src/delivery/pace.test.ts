import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gcra } from './pace.ts';

it('never lets more than burst + rate × time out of any window, whoever asks however often', () => {
  const asks = fc.array(fc.record({ waitMs: fc.nat(3_000), wanted: fc.integer({ min: 1, max: 50 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 40 }), asks, (perSecond, burst, steps) => {
      let nowMs = 1_000_000;
      let reached = 0;
      const sent: { at: number; count: number }[] = [];
      for (const { waitMs, wanted } of steps) {
        nowMs += waitMs;
        const pace = gcra({ perSecond, burst }, nowMs);
        const count = Math.min(wanted, pace.allowed(reached));
        if (count > 0) {
          sent.push({ at: nowMs, count });
          reached = pace.after(reached, count);
        }
      }
      for (const [index, first] of sent.entries()) {
        let total = 0;
        for (const { at, count } of sent.slice(index)) {
          total += count;
          expect(total).toBeLessThanOrEqual(burst + (perSecond * (at - first.at)) / 1_000 + 1e-6);
        }
      }
    }),
  );
});

it('lets a whole burst out after a rest, then one each interval', () => {
  const pace = (nowMs: number) => gcra({ perSecond: 10, burst: 5 }, nowMs);
  expect(pace(0).allowed(-1_000_000)).toBe(5);
  const reached = pace(0).after(-1_000_000, 5);
  expect(pace(0).allowed(reached)).toBe(0);
  expect(pace(99).allowed(reached)).toBe(0);
  expect(pace(100).allowed(reached)).toBe(1);
  expect(pace(500).allowed(reached)).toBe(5);
});
