import { type Clock, seededRandom } from '@techno/kernel';

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
  const random = seededRandom(seed);
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
