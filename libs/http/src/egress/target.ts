import { isIP } from 'node:net';

import { TerminalError } from '@techno/kernel';

import { UpstreamError } from './errors.ts';
import { isPublicAddress } from './public-address.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses of a name. Rejects where there are none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export interface Target {
  readonly url: URL;
  /** What may be connected to, and nothing else. */
  readonly addresses: readonly ResolvedAddress[];
}

/**
 * Checks what of a URL can be checked without a network. The WHATWG parser has already turned every notation of an IPv4 address
 * (`127.1`, `2130706433`, `0x7f.1`, `0177.0.0.1`) into dotted decimal, so what is judged here is what is connected to.
 *
 * @throws TerminalError EGRESS_URL_INVALID
 */
export function parseTarget(text: string | URL, base?: URL): URL {
  const url = URL.parse(String(text), base?.href);
  if (url === null) throw new TerminalError('EGRESS_URL_INVALID', 'the URL cannot be parsed');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TerminalError('EGRESS_URL_INVALID', `only http and https are fetched, not ${url.protocol}`);
  }
  if (url.username !== '' || url.password !== '') throw new TerminalError('EGRESS_URL_INVALID', 'the URL carries credentials');
  if (url.hostname === '') throw new TerminalError('EGRESS_URL_INVALID', 'the URL names no host');
  url.hash = '';
  return url;
}

/**
 * Resolves the URL's host, once, and checks every address: one that is not public forbids the name, since a client could pick it.
 * `allow` holds `host:port` entries that are exempt.
 *
 * @throws TerminalError EGRESS_FORBIDDEN
 * @throws UpstreamError UPSTREAM_UNREACHABLE when the name does not resolve
 */
export async function resolveTarget(url: URL, allow: ReadonlySet<string>, resolve: Resolve): Promise<Target> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses = family === 0 ? await resolved(host, resolve) : [{ address: host, family: family as 4 | 6 }];
  if (!allow.has(hostAndPort(url))) {
    for (const { address } of addresses) {
      if (!isPublicAddress(address)) {
        const what = family === 0 ? `${host} resolves to ${address}, which` : address;
        throw new TerminalError('EGRESS_FORBIDDEN', `${what} is not a public address`);
      }
    }
  }
  return { url, addresses };
}

async function resolved(host: string, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  const addresses = await resolve(host).catch((cause: unknown) => {
    throw new UpstreamError('UPSTREAM_UNREACHABLE', `${host} does not resolve`, { requestSent: false, cause });
  });
  if (addresses.length > 0) return addresses;
  throw new UpstreamError('UPSTREAM_UNREACHABLE', `${host} has no address`, { requestSent: false });
}

/** `host:port` with the port always named, as `allow` has it. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port}`;
}
