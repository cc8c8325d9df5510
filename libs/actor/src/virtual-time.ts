import type { Clock } from '@techno/kernel';

/** A clock that moves only when everything that can happen now has happened, and randomness that repeats with its seed. */
export interface VirtualTime extends Clock {
  /** Uniform in [0, 1). */
  random(): number;
  /** `event` happens `delayMs` from now. Of events due together, the one planned first comes first. */
  after(delayMs: number, event: () => void): void;
  sleep(delayMs: number): Promise<void>;
  /** Lets time pass until nothing is left to happen. Throws after `limit` events: something goes round for ever. */
  run(limit?: number): Promise<void>;
}

export function createVirtualTime(seed: number, startMs = 0): VirtualTime {
  const random = mulberry32(seed);
  const events: { at: number; order: number; event: () => void }[] = [];
  let now = startMs;
  let planned = 0;

  const after = (delayMs: number, event: () => void): void => {
    const at = now + Math.max(0, delayMs);
    const order = planned++;
    // Most new events are late ones: look for their place from the end.
    let place = events.length;
    while (place > 0 && (events[place - 1]?.at ?? 0) > at) place--;
    events.splice(place, 0, { at, order, event });
  };

  return {
    now: () => now,
    random,
    after,
    sleep: (delayMs) => new Promise((resolve) => after(delayMs, resolve)),
    async run(limit = 100_000) {
      for (let happened = 0; ; happened++) {
        // Every promise that can go on does so before time moves.
        await new Promise((resolve) => setImmediate(resolve));
        const next = events.shift();
        if (next === undefined) return;
        if (happened >= limit) throw new Error(`after ${limit} events there is still no end (seed ${seed})`);
        now = next.at;
        next.event();
      }
    },
  };
}

/** Tommy Ettinger's mulberry32: 32 bits of state are plenty for a test and fit in one number to print. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
