import { SECOND } from '@techno/kernel';

/** A wait longer than this is not honoured as asked: whoever waits would have given up before. */
const LONGEST_WAIT_MS = 3_600 * SECOND;

/** Whether a status may be another one later: 408, 425, 429 and 5xx. */
export function isTemporaryStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status <= 599);
}

/** `Retry-After` (RFC 9110 §10.2.3: seconds or an HTTP date) as milliseconds from now, at most an hour; undefined where it says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  // V8 reads nearly anything as a date, «-5» too; an HTTP date ends in GMT.
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND : text.endsWith(' GMT') ? Date.parse(text) - nowMs : Number.NaN;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(LONGEST_WAIT_MS, Math.max(0, wait));
}
