import { createHash } from 'node:crypto';
import { matchingSecret } from '../matching-secret.ts';
import { bodyId, isMessageId } from '../message-id.ts';
import { type Delivery, type Rejected, rejected, type Verified, type WebhookScheme } from '../scheme.ts';

// What a header can carry without being trimmed, folded or re-encoded on its way.
const TOKEN = /^[\x21-\x7e]{16,256}$/;
export const TOKEN_RULE = '16 to 256 visible ASCII characters';

export function isToken(secret: string): boolean {
  return TOKEN.test(secret);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Whether the given token is one of the live secrets.
 *
 * The id is the hash of the body, with `webhook-id` before it where the sender gives one: a sender whose messages may have equal bodies
 * must give one, or the second is taken for a retry of the first. The hash stays part of it so that an id used twice for two bodies
 * loses neither.
 */
export function proveByToken(given: string, { rawBody, header, secrets }: Delivery): Verified | Rejected {
  const id = header('webhook-id');
  if (id !== undefined && !isMessageId(id)) return rejected('WEBHOOK_ID_INVALID');
  // Hashed first, so that tokens of any length are compared in one time.
  const expected = secrets.map((secret) => (isToken(secret) ? sha256(secret) : undefined));
  const secretIndex = matchingSecret(expected, [sha256(given)]);
  if (secretIndex === -1) return rejected('WEBHOOK_TOKEN_INVALID');
  const content = bodyId(rawBody);
  return { ok: true, messageId: id === undefined ? content : `${id}.${content}`, secretIndex };
}

/** A static token in a header, for senders that can do no better. It proves who sends and nothing about what is sent. */
export const token: WebhookScheme = {
  name: 'token',
  defaultHeader: 'x-webhook-token',
  secretRule: TOKEN_RULE,
  isUsableSecret: isToken,
  verify(delivery: Delivery): Verified | Rejected {
    const given = delivery.header((delivery.headerName ?? 'x-webhook-token').toLowerCase());
    if (!given) return rejected('WEBHOOK_SIGNATURE_MISSING');
    return proveByToken(given, delivery);
  },
};
