import ipaddr from 'ipaddr.js';

// Beyond what ipaddr.js calls unicast: the whole of IPv6 outside 2000::/3 is not the public internet (IPv4-compatible ::/96,
// local-use NAT64 64:ff9b:1::/48, site-local fec0::/10, …), and these parts of either family carry or relay other addresses.
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
const ALSO_FORBIDDEN = [
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.88.99.0/24', // 6to4 relay
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24',
  '192.0.2.0/24',
  '240.0.0.0/4',
  '2001::/23', // protocol assignments: Teredo, ORCHID, …
  '2001:db8::/32',
  '2002::/16', // 6to4
  '3fff::/20', // documentation
  '5f00::/16', // segment routing
].map((range) => ipaddr.parseCIDR(range));

/**
 * Whether an IP address (as text, any notation) is one of the public internet. An allow list: only what is known to be public
 * is; unparseable text is not.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  if (address.kind() === 'ipv6' && !address.match(GLOBAL_IPV6)) return false;
  return !ALSO_FORBIDDEN.some(([base, bits]) => base.kind() === address.kind() && address.match([base, bits] as never));
}
