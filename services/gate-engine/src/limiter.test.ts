import { MINUTE } from '@techno/kernel';
import type { Lease, LeaseResult } from '@techno/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

/** The shared windows as Postgres counts them, on the test's own clock. */
function sharedWindows(clock: { now(): number }) {
  const windows = new Map<string, { startedAt: number; used: number }>();
  const leases: Lease[] = [];
  return {
    leases,
    async lease(lease: Lease): Promise<LeaseResult> {
      leases.push(lease);
      await Promise.resolve();
      const now = clock.now();
      let window = windows.get(lease.key);
      if (window === undefined || window.startedAt + lease.windowMs <= now) window = { startedAt: now, used: 0 };
      windows.set(lease.key, window);
      const before = window.used;
      window.used += lease.want;
      return {
        granted: Math.max(0, Math.min(lease.want, lease.limit - before)),
        remaining: Math.max(0, lease.limit - window.used),
        resetMs: window.startedAt + lease.windowMs - now,
      };
    },
  };
}

function world(replicas = 1) {
  const clock = { at: 1_000_000, now: () => clock.at };
  const rates = sharedWindows(clock);
  const limiters = Array.from({ length: replicas }, () => createLimiter({ rates, clock }));
  return { clock, rates, limiters, limiter: limiters[0]! };
}

const stateOf = ({ state }: { state: string }) => state;

describe('a limiter', () => {
  it('lets through the limit and says how long the rest has to wait', async () => {
    const { limiter, clock } = world();
    for (let taken = 1; taken <= 3; taken++) {
      expect(await limiter.take('key_1', 3, MINUTE)).toEqual({
        state: 'ok',
        rate: { limit: 3, remaining: 3 - taken, resetSeconds: 60, windowSeconds: 60 },
      });
    }
    clock.at += 20_500;
    expect(await limiter.take('key_1', 3, MINUTE)).toEqual({
      state: 'exceeded',
      rate: { limit: 3, remaining: 0, resetSeconds: 40, windowSeconds: 60 },
    });
  });

  it('asks nobody while the window is known to be used up, and again when it has ended', async () => {
    const { limiter, clock, rates } = world();
    await limiter.take('key_1', 1, MINUTE);
    const asked = rates.leases.length;
    for (let tries = 0; tries < 5; tries++) expect(stateOf(await limiter.take('key_1', 1, MINUTE))).toBe('exceeded');
    expect(rates.leases).toHaveLength(asked);
    clock.at += MINUTE;
    expect(stateOf(await limiter.take('key_1', 1, MINUTE))).toBe('ok');
    expect(stateOf(await limiter.take('key_1', 1, MINUTE))).toBe('exceeded');
  });

  it('takes no token of a window that has ended into the next one', async () => {
    const { limiter, limiters, clock } = world(2);
    await limiter.take('key_1', 1_000, MINUTE);
    clock.at += MINUTE;
    let passed = 0;
    for (let tries = 0; tries < 1_200; tries++)
      if (stateOf(await limiters[tries % 2]!.take('key_1', 1_000, MINUTE)) === 'ok') passed++;
    expect(passed).toBeLessThanOrEqual(1_000);
    expect(passed).toBeGreaterThanOrEqual(950);
  });

  it('asks once for all that wait', async () => {
    const { limiter, rates } = world();
    const facts = await Promise.all(Array.from({ length: 100 }, () => limiter.take('key_1', 60, MINUTE)));
    expect(facts.filter(({ state }) => state === 'ok')).toHaveLength(60);
    expect(rates.leases.length).toBeLessThanOrEqual(4);
  });

  it('leases in lots: a busy key costs a round trip per half percent of its limit', async () => {
    const { limiter, rates } = world();
    for (let taken = 0; taken < 2_000; taken++) await limiter.take('key_1', 20_000, MINUTE);
    expect(rates.leases).toHaveLength(20);
    await limiter.take('key_2', 100_000_000, MINUTE);
    expect(rates.leases.at(-1)?.want).toBe(5_000);
  });

  it('starts a window of its own for a changed limit, and for every key and window', async () => {
    const { limiter } = world();
    const take = async (key: string, limit: number, windowMs: number) => stateOf(await limiter.take(key, limit, windowMs));
    expect(await take('key_1', 1, MINUTE)).toBe('ok');
    expect(await take('key_1', 1, MINUTE)).toBe('exceeded');
    expect(await take('key_1', 2, MINUTE)).toBe('ok');
    expect(await take('key_2', 1, MINUTE)).toBe('ok');
    expect(await take('key_1', 1, 60 * MINUTE)).toBe('ok');
    expect(await take('key_1', 1, MINUTE)).toBe('exceeded');
  });

  it('throws to everybody who waited when the store is away, and asks anew after', async () => {
    const { clock, rates } = world();
    let away = true;
    const limiter = createLimiter({
      clock,
      rates: { lease: async (lease) => (away ? Promise.reject(new Error('away')) : rates.lease(lease)) },
    });
    const failed = await Promise.allSettled([1, 2, 3].map(() => limiter.take('key_1', 10, MINUTE)));
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    away = false;
    expect(stateOf(await limiter.take('key_1', 10, MINUTE))).toBe('ok');
  });

  it('forgets a window only when it has ended', async () => {
    const { limiter, clock, rates } = world();
    await limiter.take('key_1', 1, MINUTE);
    limiter.purge();
    expect(stateOf(await limiter.take('key_1', 1, MINUTE))).toBe('exceeded');
    expect(rates.leases).toHaveLength(1);
    clock.at += MINUTE + 1;
    limiter.purge();
    expect(stateOf(await limiter.take('key_1', 1, MINUTE))).toBe('ok');
  });
});

it('never lets through more than the limit in a window, over any replicas, bursts and pauses', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ replica: fc.nat(3), burst: fc.integer({ min: 1, max: 60 }), waitMs: fc.nat(30_000) }), {
        maxLength: 25,
      }),
      async (limit, replicas, bursts) => {
        const { clock, limiters } = world(replicas);
        let windowEnds = 0;
        let passed = 0;
        for (const { replica, burst, waitMs } of bursts) {
          clock.at += waitMs;
          if (clock.at >= windowEnds) {
            windowEnds = clock.at + MINUTE;
            passed = 0;
          }
          const limiter = limiters[replica % replicas]!;
          const facts = await Promise.all(Array.from({ length: burst }, () => limiter.take('key_1', limit, MINUTE)));
          passed += facts.filter(({ state }) => state === 'ok').length;
          expect(passed).toBeLessThanOrEqual(limit);
          for (const fact of facts) if (fact.state !== 'unlimited') expect(fact.rate.remaining).toBeLessThanOrEqual(limit);
        }
      },
    ),
    { numRuns: 200 },
  );
});
