import { describe, expect, it } from 'vitest';
import { createBell } from './bell.ts';

describe('a bell', () => {
  const never = new AbortController().signal;
  const hasRung = async (waiting: Promise<void>) => Promise.race([waiting.then(() => true), Promise.resolve().then(() => false)]);

  it('wakes who waits', async () => {
    const bell = createBell();
    const waiting = bell.rung(never);
    expect(await hasRung(waiting)).toBe(false);
    bell.ring();
    await waiting;
  });

  it('rung while nobody waits, however often, ends one wait at once', async () => {
    const bell = createBell();
    bell.ring();
    bell.ring();
    await bell.rung(never);
    expect(await hasRung(bell.rung(never))).toBe(false);
  });

  it('lets go with the signal, also one that came before', async () => {
    const bell = createBell();
    const stop = new AbortController();
    const waiting = bell.rung(stop.signal);
    stop.abort();
    await waiting;
    expect(await hasRung(bell.rung(stop.signal))).toBe(true);
  });
});
