import { MINUTE } from '@techno/kernel';
import { type Rejected, rejected } from './scheme.ts';

/** Standard Webhooks and Stripe both recommend five minutes either way. */
const TOLERANCE_MS = 5 * MINUTE;

// No sign, no leading zero, no fraction: one time has one spelling. Twelve digits last until the year 33658.
const UNIX_SECONDS = /^(?:0|[1-9][0-9]{0,11})$/;

/** Reads whole seconds since the epoch and holds them against the clock, both in whole seconds as senders count. */
export function readAttemptTime(text: string | undefined, nowMs: number): { ok: true; timestampMs: number } | Rejected {
  if (text === undefined || text === '') return rejected('WEBHOOK_TIMESTAMP_MISSING');
  if (!UNIX_SECONDS.test(text)) return rejected('WEBHOOK_TIMESTAMP_INVALID');
  const timestampMs = Number(text) * 1000;
  const ageMs = Math.floor(nowMs / 1000) * 1000 - timestampMs;
  if (ageMs > TOLERANCE_MS) return rejected('WEBHOOK_TIMESTAMP_TOO_OLD');
  if (ageMs < -TOLERANCE_MS) return rejected('WEBHOOK_TIMESTAMP_TOO_NEW');
  return { ok: true, timestampMs };
}
