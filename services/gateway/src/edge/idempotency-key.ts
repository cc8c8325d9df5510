import { createHash } from 'node:crypto';

export type ReadIdempotencyKey =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: string }
  /** Answered with 400: the caller relies on a promise that could not be kept. */
  | { readonly kind: 'invalid'; readonly code: 'IDEMPOTENCY_KEY_INVALID' };

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Reads `Idempotency-Key`: 1 to 255 visible ASCII characters, taken as they are (quotes included). */
export function readIdempotencyKey(header: string | undefined): ReadIdempotencyKey {
  if (header === undefined) return { kind: 'none' };
  return KEY.test(header) ? { kind: 'key', key: header } : { kind: 'invalid', code: 'IDEMPOTENCY_KEY_INVALID' };
}

/**
 * SHA-256 (hex) of what was asked: the same key with another fingerprint is another request. Neither a method nor a path of a request line
 * can hold a line feed, so no two requests read the same.
 */
export function requestFingerprint(method: string, path: string, rawBody: Buffer): string {
  return createHash('sha256').update(`${method.toUpperCase()}\n${path}\n`).update(rawBody).digest('hex');
}
