/** As much of an answer as matters here. Times in milliseconds of one clock. */
export interface Timed {
  readonly status: number;
  readonly dueAt: number;
  readonly answeredAt: number;
}

/** A second in which everything was well is the sign of being back; one good answer may be luck. */
const WINDOW_MS = 1_000;
/** An answer that took longer was not given by a system that serves. */
const PROMPT_MS = 5_000;

/**
 * The earliest time from `since` on at which a whole second of requests was answered well and promptly; undefined where there
 * was none yet. Every answer of that second must be in: `until` is how far the answers are complete.
 */
export function servesAgainAt(answers: readonly Timed[], since: number, until: number): number | undefined {
  const later = answers.filter(({ dueAt }) => dueAt >= since).toSorted((a, b) => a.dueAt - b.dueAt);
  let from = since;
  let seen = 0;
  for (const answer of later) {
    if (seen > 0 && answer.dueAt - from >= WINDOW_MS) return from;
    if (isWell(answer)) {
      if (seen === 0) from = Math.max(since, answer.dueAt);
      seen += 1;
    } else {
      seen = 0;
    }
  }
  return seen > 0 && until - from >= WINDOW_MS ? from : undefined;
}

/** Taken, or refused for a reason that has nothing to do with the fault. */
export function isWell({ status, dueAt, answeredAt }: Timed): boolean {
  const expected = (status >= 200 && status < 300) || status === 403;
  return expected && answeredAt - dueAt <= PROMPT_MS;
}
