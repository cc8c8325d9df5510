import { createHash } from 'node:crypto';

// A full stop separates id, time and body in what is signed: with one in the id the same signature would fit another split.
const MESSAGE_ID = /^[\x21-\x2d\x2f-\x7e]{1,255}$/;

/** Whether a `webhook-id` can stand for a message: 1 to 255 visible ASCII characters, no full stop. */
export function isMessageId(text: string): boolean {
  return MESSAGE_ID.test(text);
}

/** The identity of a message by its content: `sha256:` and the digest of the raw body. */
export function bodyId(rawBody: Buffer): string {
  return `sha256:${createHash('sha256').update(rawBody).digest('hex')}`;
}
