/** Where the time comes from. `now()` is milliseconds since the epoch. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** RFC 3339 in UTC with milliseconds, the only form of time that leaves a process. */
export function rfc3339(epochMs: number): string {
  if (epochMs !== last.epochMs) last = { epochMs, text: new Date(epochMs).toISOString() };
  return last.text;
}

// What is done in one batch is done within the same millisecond.
let last = { epochMs: Number.NaN, text: '' };
