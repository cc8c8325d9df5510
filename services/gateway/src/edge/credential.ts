import { hashApiKey, isWellFormedApiKey } from '@techno/contracts';

/** What was sent, without the key itself: from here on only its keyed hash exists. */
export type ReadCredential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'api_key'; readonly hash: string };

const BEARER = /^bearer(?: |$)/i;

/**
 * Reads the API key from `X-API-KEY` or `Authorization: Bearer`; `header` is asked with lower-case names. An empty header counts as not
 * sent. `malformed` is everything that cannot be one of our keys: wrong checksum, another authorization scheme, two different keys at once.
 */
export function readCredential(header: (name: string) => string | undefined, pepper: Buffer): ReadCredential {
  const authorization = header('authorization')?.trim() ?? '';
  if (authorization !== '' && !BEARER.test(authorization)) return { kind: 'malformed' };
  const sent = [header('x-api-key')?.trim() ?? '', authorization.replace(BEARER, '').trim()].filter((key) => key !== '');
  const [key, other] = sent;
  if (key === undefined) return { kind: 'none' };
  // Two keys: which of them the caller meant is not for us to guess.
  if (other !== undefined && other !== key) return { kind: 'malformed' };
  if (!isWellFormedApiKey(key)) return { kind: 'malformed' };
  return { kind: 'api_key', hash: hashApiKey(key, pepper) };
}
