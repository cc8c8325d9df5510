import { readAttemptTime } from '../attempt-time.ts';
import { hexDigests, hmacSha256, matchingSecret } from '../matching-secret.ts';
import { bodyId } from '../message-id.ts';
import { type Delivery, type Rejected, rejected, type Verified, type WebhookScheme } from '../scheme.ts';
import { isLongEnough, LONG_ENOUGH } from '../shared-secret.ts';

function valuesOf(header: string, key: string): string[] {
  return header
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry.startsWith(`${key}=`))
    .map((entry) => entry.slice(key.length + 1));
}

/**
 * `t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">[,v1=…]`, as Stripe sends it; entries of other versions are passed over.
 * https://docs.stripe.com/webhooks#verify-manually
 *
 * The id is the hash of the body: a retry is signed anew with a new time, so time and signature must not be part of it, and the event
 * id that tells messages apart is inside the body.
 */
export const timestamped: WebhookScheme = {
  name: 'timestamped',
  defaultHeader: 'stripe-signature',
  secretRule: LONG_ENOUGH,
  isUsableSecret: isLongEnough,
  verify({ rawBody, header, secrets, nowMs, headerName = 'stripe-signature' }: Delivery): Verified | Rejected {
    const value = header(headerName.toLowerCase());
    if (!value) return rejected('WEBHOOK_SIGNATURE_MISSING');
    const signatures = valuesOf(value, 'v1');
    if (signatures.length === 0) return rejected('WEBHOOK_SIGNATURE_MISSING');
    const [timestamp, another] = valuesOf(value, 't');
    // Which of two times was signed is not for us to guess.
    if (another !== undefined) return rejected('WEBHOOK_TIMESTAMP_INVALID');
    const time = readAttemptTime(timestamp, nowMs);
    if (!time.ok) return time;

    const expected = secrets.map((secret) => (isLongEnough(secret) ? hmacSha256(secret, `${timestamp}.`, rawBody) : undefined));
    const secretIndex = matchingSecret(expected, hexDigests(signatures));
    if (secretIndex === -1) return rejected('WEBHOOK_SIGNATURE_INVALID');
    return { ok: true, messageId: bodyId(rawBody), timestampMs: time.timestampMs, secretIndex };
  },
};
