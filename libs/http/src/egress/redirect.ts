import { TerminalError } from '@techno/kernel';

import { parseTarget } from './target.ts';

export interface Hop {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

// Any other header may be a secret (X-Api-Key, a signature, a cookie); another origin gets none of them.
const SENT_TO_ANY_ORIGIN = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'user-agent',
  'idempotency-key',
]);

/**
 * Where a response sends the request next, by the fetch standard's rules; undefined where it is the answer itself. 303 turns
 * everything but HEAD into a GET, 301 and 302 turn a POST into one; 307 and 308 repeat the request.
 *
 * @throws TerminalError EGRESS_URL_INVALID, EGRESS_REDIRECT_DOWNGRADE
 */
export function redirected(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const url = parseTarget(location, hop.url);
  if (hop.url.protocol === 'https:' && url.protocol === 'http:') {
    throw new TerminalError('EGRESS_REDIRECT_DOWNGRADE', `${hop.url.host} redirects from https to http`);
  }
  const becomesGet = (status === 303 && hop.method !== 'HEAD') || ((status === 301 || status === 302) && hop.method === 'POST');
  const kept = Object.entries(hop.headers).filter(
    ([name]) => (url.origin === hop.url.origin || SENT_TO_ANY_ORIGIN.has(name)) && !(becomesGet && name.startsWith('content-')),
  );
  return {
    url,
    method: becomesGet ? 'GET' : hop.method,
    headers: Object.fromEntries(kept),
    body: becomesGet ? undefined : hop.body,
  };
}
