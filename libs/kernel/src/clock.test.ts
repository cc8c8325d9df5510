import { describe, expect, it } from 'vitest';
import { assertNever } from './assert-never.ts';
import { rfc3339, systemClock } from './clock.ts';
import { DAY, HOUR, MINUTE, SECOND } from './duration.ts';

describe('time', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_780_000_000_123, '2026-05-28T20:26:40.123Z'],
  ])('%i is %s', (epochMs, expected) => {
    expect(rfc3339(epochMs)).toBe(expected);
    expect(Date.parse(expected)).toBe(epochMs);
  });

  it('the system clock is the wall clock, in milliseconds', () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('durations are milliseconds', () => {
    expect([SECOND, MINUTE, HOUR, DAY]).toEqual([1_000, 60_000, 3_600_000, 86_400_000]);
  });
});

describe('assertNever', () => {
  it('throws with the value that should not be', () => {
    expect(() => assertNever('surprise' as never)).toThrow('"surprise"');
  });
});
