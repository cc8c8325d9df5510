import { hashApiKey, isWellFormedApiKey } from '@techno/contracts';

/** What was sent, without the key itself: from here on only its keyed hash exists. */
export type ReadCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'api_key'; readonly hash: string };

/**
 * Reads the API key from `X-API-KEY` or `Authorization: Bearer`; `header` is asked with lower-case names. An empty header counts as not
 * sent. `malformed` is everything that cannot be one of our keys: wrong checksum, another authorization scheme, two different keys at once.
 */
export function readCredential(header: (name: string) => string | undefined, pepper: Buffer): ReadCredential {
  const sent = [header('x-api-key')?.trim(), bearerToken(header('authorization'))].filter(
    (key) => key !== undefined && key !== '',
  );
  const [key, other] = sent;
  if (key === undefined) return { kind: 'none' };
  // Two keys: which of them the caller meant is not for us to guess.
  if (other !== undefined && other !== key) return { kind: 'malformed' };
  if (!isWellFormedApiKey(key)) return { kind: 'malformed' };
  return { kind: 'api_key', hash: hashApiKey(key, pepper) };
}

/** The token of a Bearer header; the whole value of any other, which no key can equal. */
function bearerToken(authorization: string | undefined): string | undefined {
  const value = authorization?.trim();
  return value && /^bearer(?: |$)/i.test(value) ? value.slice('bearer'.length).trim() : value;
}
