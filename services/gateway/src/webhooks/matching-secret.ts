import { createHmac, timingSafeEqual } from 'node:crypto';

/** HMAC-SHA256 over the parts in their order. */
export function hmacSha256(key: string | Buffer, ...parts: (string | Buffer)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/**
 * The position of the first expected proof that one of the given ones equals, or -1. `undefined` stands for a secret that cannot be used.
 * Every pair is compared, a match or not, so that the time tells neither how much was right nor which secret it was.
 * A given proof of another length is passed over: the length of a digest is no secret.
 */
export function matchingSecret(expected: readonly (Buffer | undefined)[], given: readonly Buffer[]): number {
  let match = -1;
  expected.forEach((digest, index) => {
    if (digest === undefined) return;
    for (const candidate of given) {
      const equal = candidate.length === digest.length && timingSafeEqual(candidate, digest);
      if (equal && match === -1) match = index;
    }
  });
  return match;
}

const HEX_DIGEST = /^[0-9a-f]{64}$/i;

/** The 32 bytes of a SHA-256 in hex; none where it is anything else, since decoding alone would drop what is not hex. */
export function hexDigests(texts: readonly string[]): Buffer[] {
  return texts.filter((text) => HEX_DIGEST.test(text)).map((text) => Buffer.from(text, 'hex'));
}
