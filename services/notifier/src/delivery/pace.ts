/** How fast a channel may send. */
export interface Pace {
  readonly perSecond: number;
  /** How many may go at once after a rest. */
  readonly burst: number;
}

/**
 * The generic cell rate algorithm (ITU-T I.371): one number, the time that the messages sent so far reach to, tells how many more may
 * go. Kept in the record, it holds over all replicas.
 */
export function gcra({ perSecond, burst }: Pace, nowMs: number) {
  const intervalMs = 1_000 / perSecond;
  const from = (reachedMs: number) => Math.max(reachedMs, nowMs);
  return {
    /** How many may go now. */
    allowed: (reachedMs: number) => Math.max(0, Math.floor((nowMs + burst * intervalMs - from(reachedMs)) / intervalMs + 1e-9)),
    /** What the time reaches to with `taken` more. */
    after: (reachedMs: number, taken: number) => Math.ceil(from(reachedMs) + taken * intervalMs),
  };
}
