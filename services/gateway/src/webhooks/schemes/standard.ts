import { readAttemptTime } from '../attempt-time.ts';
import { hmacSha256, matchingSecret } from '../matching-secret.ts';
import { isMessageId } from '../message-id.ts';
import { type Delivery, type Rejected, rejected, type Verified, type WebhookScheme } from '../scheme.ts';

const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The 24 to 64 bytes of a `whsec_` secret, padded or not; undefined for anything else. */
function secretBytes(secret: string): Buffer | undefined {
  const encoded = secret.slice(PREFIX.length);
  // One base64 digit over a multiple of four carries six bits: no whole byte, so something was cut off.
  if (!secret.startsWith(PREFIX) || !BASE64.test(encoded) || encoded.replace(/=+$/, '').length % 4 === 1) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
}

/**
 * Standard Webhooks 1.0.0, symmetric signatures: HMAC-SHA256 of `id.timestamp.body`, base64, one or more `v1,` entries.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * The id is signed, so it alone identifies the message.
 */
export const standard: WebhookScheme = {
  name: 'standard',
  secretRule: 'whsec_ followed by the base64 of 24 to 64 bytes',
  isUsableSecret: (secret) => secretBytes(secret) !== undefined,
  verify({ rawBody, header, secrets, nowMs }: Delivery): Verified | Rejected {
    const id = header('webhook-id');
    const timestamp = header('webhook-timestamp');
    const signatures = header('webhook-signature');
    if (!signatures) return rejected('WEBHOOK_SIGNATURE_MISSING');
    if (!id) return rejected('WEBHOOK_ID_MISSING');
    if (!isMessageId(id)) return rejected('WEBHOOK_ID_INVALID');
    const time = readAttemptTime(timestamp, nowMs);
    if (!time.ok) return time;

    // Compared as base64 text: decoding would accept a last digit whose spare bits differ.
    const expected = secrets.map((secret) => {
      const key = secretBytes(secret);
      return key && Buffer.from(hmacSha256(key, `${id}.${timestamp}.`, rawBody).toString('base64'));
    });
    const given = signatures
      .split(' ')
      .filter((entry) => entry.startsWith('v1,'))
      .map((entry) => Buffer.from(entry.slice('v1,'.length)));
    const secretIndex = matchingSecret(expected, given);
    if (secretIndex === -1) return rejected('WEBHOOK_SIGNATURE_INVALID');
    return { ok: true, messageId: id, timestampMs: time.timestampMs, secretIndex };
  },
};
