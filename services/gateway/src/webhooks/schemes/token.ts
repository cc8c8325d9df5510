import { createHash } from 'node:crypto';
import { matchingSecret } from '../matching-secret.ts';
import { bodyId, isMessageId } from '../message-id.ts';
import { type Delivery, type Rejected, rejected, type Verified, type WebhookScheme } from '../scheme.ts';

// What a header can carry without being trimmed, folded or re-encoded on its way.
const TOKEN = /^[\x21-\x7e]{16,256}$/;

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * A static token in a header, for senders that can do no better. It proves who sends and nothing about what is sent.
 *
 * The id is the hash of the body, with `webhook-id` before it where the sender gives one: a sender whose messages may have equal bodies
 * must give one, or the second is taken for a retry of the first. The hash stays part of it so that an id used twice for two bodies
 * loses neither.
 */
export const token: WebhookScheme = {
  name: 'token',
  defaultHeader: 'x-webhook-token',
  secretRule: '16 to 256 visible ASCII characters',
  isUsableSecret: (secret) => TOKEN.test(secret),
  verify({ rawBody, header, secrets, headerName = 'x-webhook-token' }: Delivery): Verified | Rejected {
    const given = header(headerName.toLowerCase());
    if (!given) return rejected('WEBHOOK_SIGNATURE_MISSING');
    const id = header('webhook-id');
    if (id !== undefined && !isMessageId(id)) return rejected('WEBHOOK_ID_INVALID');
    // Hashed first, so that tokens of any length are compared in one time.
    const expected = secrets.map((secret) => (TOKEN.test(secret) ? sha256(secret) : undefined));
    const secretIndex = matchingSecret(expected, [sha256(given)]);
    if (secretIndex === -1) return rejected('WEBHOOK_TOKEN_INVALID');
    const content = bodyId(rawBody);
    return { ok: true, messageId: id === undefined ? content : `${id}.${content}`, secretIndex };
  },
};
