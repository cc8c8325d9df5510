import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findKnee, overload, type Step } from './knee.ts';

const calm = (perSecond: number): Step => ({
  perSecond,
  achieved: perSecond,
  p50: 5_000,
  p99: 40_000,
  faults: 0,
  openEarly: 10,
  openLate: 10,
});

describe('a rate is followed', () => {
  test.each<[string, Partial<Step>, boolean]>([
    ['when all is calm', {}, true],
    ['within the noise of arrivals', { achieved: 980 }, true],
    ['not when answers lag behind', { achieved: 900 }, false],
    ['not when callers wait too long', { p99: 700_000 }, false],
    ['not when some are refused', { faults: 5 }, false],
    ['not when the queue still grows', { openEarly: 20, openLate: 200 }, false],
  ])('%s', (_, change, followed) => {
    expect(overload({ ...calm(1_000), ...change }) === undefined).toBe(followed);
  });
});

/** A system that follows up to its capacity and no further. */
const upTo = (capacity: number) => async (perSecond: number) =>
  perSecond <= capacity ? calm(perSecond) : { ...calm(perSecond), achieved: capacity, p99: 3_000_000 };

test('the knee is found to a tenth, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 100, max: 20_000 }), async (capacity) => {
      const { perSecond = 0, steps } = await findKnee(100, upTo(capacity));
      expect(perSecond).toBeLessThanOrEqual(capacity);
      expect(perSecond).toBeGreaterThanOrEqual(capacity * 0.9 - 1);
      expect(steps.length).toBeLessThan(25);
    }),
  );
});

test('where not even the first rate is followed there is none', async () => {
  expect(await findKnee(100, upTo(50))).toMatchObject({ perSecond: undefined, because: expect.stringContaining('at 100/s') });
});

test('a system that follows everything is not driven for ever', async () => {
  expect((await findKnee(100, upTo(1_000_000), 1_000)).perSecond).toBe(1_000);
});
