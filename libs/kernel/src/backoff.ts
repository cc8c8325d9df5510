/**
 * Full delay ± 20 %, so that what failed together does not come back together.
 * `random` is uniform in [0, 1).
 */
export function jittered(delayMs: number, random: () => number = Math.random): number {
  return Math.round(delayMs * (0.8 + 0.4 * random()));
}

/** Exponential delay for the n-th try (from 1), capped, before jitter. */
export function exponentialDelayMs(attempt: number, baseMs: number, capMs: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.max(0, attempt - 1));
}
