import ipaddr from 'ipaddr.js';

/**
 * The client's address. Each trusted proxy appends the peer it saw to X-Forwarded-For, so with n of them the n-th entry from
 * the right is the last one that a trusted party wrote; everything left of it is the client's own claim. When there are fewer
 * entries, or it is no address, the request did not come the trusted way and the socket's peer is the answer.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trustedProxies: number): string {
  if (trustedProxies > 0 && forwardedFor !== undefined) {
    const entry = forwardedFor.split(',').at(-trustedProxies)?.trim();
    const vouched = entry === undefined ? undefined : canonicalAddress(entry);
    if (vouched !== undefined) return vouched;
  }
  return canonicalAddress(peer) ?? peer;
}

/** One spelling per address: compressed IPv6 in lower case, IPv4-mapped as IPv4; undefined for anything else (ports are dropped). */
export function canonicalAddress(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  if (!ipaddr.isValid(bare)) return undefined;
  // `isValid` takes 127.1 and 0x7f.1 too; a forwarded entry in such a notation is not one that a proxy writes.
  if (!bare.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return undefined;
  return ipaddr.process(bare).toString();
}
