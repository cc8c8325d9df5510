/** How many may go now, so that no more than `ratePerSecond` go in any second but the first tick. */
export interface Pacer {
  take(nowMs: number): number;
}

/** Longer than a tick, so that a slow one is made up for; short, so that a stall is not followed by a flood. */
const SAVED_MS = 500;

export function createPacer(ratePerSecond: number, startMs: number): Pacer {
  let lastMs = startMs;
  let credit = 0;
  const most = Math.max(1, (ratePerSecond * SAVED_MS) / 1_000);
  return {
    take(nowMs) {
      credit = Math.min(most, credit + (Math.max(0, nowMs - lastMs) * ratePerSecond) / 1_000);
      lastMs = nowMs;
      const whole = Math.floor(credit);
      credit -= whole;
      return whole;
    },
  };
}
