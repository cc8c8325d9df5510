import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentialDelayMs, jittered } from './backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const delay = fc.integer({ min: 0, max: 86_400_000 });

describe('jittered', () => {
  it.each([
    [1000, 0, 800],
    [1000, 0.5, 1000],
    [1000, 0.999999, 1200],
    [0, 0.7, 0],
  ])('%i ms at %d is %i ms', (delayMs, at, expected) => {
    expect(jittered(delayMs, () => at)).toBe(expected);
  });

  it('stays whole and within 20 % either way', () => {
    fc.assert(
      fc.property(delay, random, (delayMs, at) => {
        const result = jittered(delayMs, () => at);
        expect(Number.isInteger(result)).toBe(true);
        expect(result).toBeGreaterThanOrEqual(Math.floor(delayMs * 0.8));
        expect(result).toBeLessThanOrEqual(Math.ceil(delayMs * 1.2));
      }),
    );
  });

  it('grows with the random number', () => {
    fc.assert(
      fc.property(delay, random, random, (delayMs, a, b) => {
        fc.pre(a <= b);
        expect(jittered(delayMs, () => a)).toBeLessThanOrEqual(jittered(delayMs, () => b));
      }),
    );
  });

  it('spreads by itself', () => {
    const results = new Set(Array.from({ length: 100 }, () => jittered(1_000_000)));
    expect(results.size).toBeGreaterThan(90);
  });
});

describe('exponentialDelayMs', () => {
  it.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1000],
    [1_000_000, 1000],
    [0, 100],
    [-5, 100],
  ])('attempt %i waits %i ms', (attempt, expected) => {
    expect(exponentialDelayMs(attempt, 100, 1000)).toBe(expected);
  });

  it('never shrinks, never passes the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 10_000 }), delay, (attempt, baseMs, capMs) => {
        const now = exponentialDelayMs(attempt, baseMs, capMs);
        expect(now).toBeLessThanOrEqual(capMs);
        expect(now).toBeGreaterThanOrEqual(Math.min(baseMs, capMs));
        expect(exponentialDelayMs(attempt + 1, baseMs, capMs)).toBeGreaterThanOrEqual(now);
      }),
    );
  });
});
