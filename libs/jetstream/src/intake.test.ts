import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createIntake, type Work } from './intake.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LEASE_MS = 8_000;

/** Work that takes that long; what became of it is in `log`. */
function worker(log: string[]) {
  const extended: string[] = [];
  return {
    extended,
    work: (name: string, takesMs: number): Work => ({
      async run() {
        log.push(`begin ${name}`);
        await new Promise((resolve) => setTimeout(resolve, takesMs));
        log.push(`end ${name}`);
      },
      working: () => void extended.push(name),
    }),
  };
}

it('begins at once what has a place, and holds back who comes with more', async () => {
  const intake = createIntake({ places: 2, leaseMs: LEASE_MS });
  const log: string[] = [];
  const { work } = worker(log);
  expect(intake.take(work('a', 100))).toBeUndefined();
  expect(intake.take(work('b', 200))).toBeUndefined();
  let taken = false;
  void intake.take(work('c', 100))?.then(() => (taken = true));
  await vi.advanceTimersByTimeAsync(99);
  expect([taken, log]).toEqual([false, ['begin a', 'begin b']]);
  await vi.advanceTimersByTimeAsync(2);
  expect([taken, log]).toEqual([true, ['begin a', 'begin b', 'end a', 'begin c']]);
  expect(intake.byHand.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await intake.idle();
  intake.close();
  expect(vi.getTimerCount()).toBe(0);
});

it('stops fetching ahead when no place gets free for long, and keeps the lease of what it has', async () => {
  const intake = createIntake({ places: 1, leaseMs: LEASE_MS });
  const log: string[] = [];
  const { work, extended } = worker(log);
  void intake.take(work('a', 20_000));
  let taken = false;
  void intake.take(work('b', 10))?.then(() => (taken = true));
  await vi.advanceTimersByTimeAsync(900);
  expect([taken, intake.byHand.signal.aborted]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(1_100);
  expect([taken, intake.byHand.signal.aborted, log]).toEqual([true, true, ['begin a']]);
  // What was in the buffer meanwhile is taken without another wait, and waits its turn here.
  await intake.take(work('c', 10));
  expect(intake.byHand.room()).toBe(-2);
  await vi.advanceTimersByTimeAsync(16_000);
  for (const name of ['a', 'b', 'c']) expect(extended.filter((one) => one === name).length, name).toBeGreaterThanOrEqual(5);
  let roomy = false;
  void intake.byHand.roomy().then(() => (roomy = true));
  let idle = false;
  void intake.idle().then(() => (idle = true));
  await vi.advanceTimersByTimeAsync(2_005);
  expect([roomy, idle]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([roomy, idle]).toEqual([true, true]);
  expect(log).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
  intake.close();
});

it('stops fetching ahead when handlers take long on the whole, though places get free all the time', async () => {
  const intake = createIntake({ places: 9, leaseMs: LEASE_MS });
  const { work } = worker([]);
  for (let n = 0; n < 40; n++) {
    const taken = intake.take(work(String(n), 5_000));
    await vi.advanceTimersByTimeAsync(500);
    await taken;
  }
  expect(intake.byHand.signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  await intake.idle();
  expect(intake.byHand.room()).toBe(9);
  intake.close();
});

it('goes on fetching ahead for quick handlers, however many there are', async () => {
  const intake = createIntake({ places: 4, leaseMs: LEASE_MS });
  const log: string[] = [];
  const { work } = worker(log);
  for (let n = 0; n < 200; n++) {
    const taken = intake.take(work(String(n), 30));
    await vi.advanceTimersByTimeAsync(5);
    if (taken !== undefined) await vi.advanceTimersByTimeAsync(30);
    await taken;
  }
  expect(intake.byHand.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(100);
  await intake.idle();
  expect(log.filter((line) => line.startsWith('end'))).toHaveLength(200);
  intake.close();
});

it('goes on after work that fails', async () => {
  const intake = createIntake({ places: 1, leaseMs: LEASE_MS });
  const failing: Work = { run: () => Promise.reject(new Error('no')), working() {} };
  const seen: unknown[] = [];
  const hear = (error: unknown) => void seen.push(error);
  process.on('unhandledRejection', hear);
  try {
    void intake.take(failing);
    await vi.advanceTimersByTimeAsync(1);
    expect(intake.byHand.room()).toBe(1);
    await intake.idle();
  } finally {
    process.off('unhandledRejection', hear);
    intake.close();
  }
});
