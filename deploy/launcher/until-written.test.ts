import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { untilWritten } from './until-written.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what cannot be written is told, and written when it can be, as it is then', () => {
  const disk = { full: true, holds: '' };
  let content = 'first';
  const problems: string[] = [];
  const save = untilWritten(
    () => {
      if (disk.full) throw new Error('ENOSPC: no space left on device');
      disk.holds = content;
    },
    (problem) => problems.push(problem),
  );
  save();
  content = 'second';
  vi.advanceTimersByTime(5_000);
  expect([disk.holds, problems.length]).toEqual(['', 2]);
  content = 'third';
  disk.full = false;
  vi.advanceTimersByTime(5_000);
  expect([disk.holds, problems]).toEqual(['third', Array(2).fill('ENOSPC: no space left on device')]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a write that succeeds takes the place of one that was to be tried again', () => {
  let fails = true;
  let writes = 0;
  const save = untilWritten(
    () => {
      if (fails) throw new Error('no');
      writes += 1;
    },
    () => {},
  );
  save();
  fails = false;
  save();
  vi.advanceTimersByTime(60_000);
  expect(writes).toBe(1);
});
