import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { peakWithin } from './peak-within.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test('a peak is remembered for one window at least and two at most', () => {
  const peak = peakWithin(100);
  expect(peak(3)).toBe(3);
  expect(peak(8)).toBe(8);
  vi.advanceTimersByTime(99);
  expect(peak(2)).toBe(8);
  vi.advanceTimersByTime(1);
  expect(peak(4)).toBe(8);
  vi.advanceTimersByTime(99);
  expect(peak(1)).toBe(8);
  vi.advanceTimersByTime(1);
  expect(peak(1)).toBe(4);
});

test('after two windows of silence nothing is remembered', () => {
  const peak = peakWithin(100);
  peak(9);
  vi.advanceTimersByTime(200);
  expect(peak(0)).toBe(0);
});
