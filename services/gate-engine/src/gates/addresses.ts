import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
const IPV4_MAPPED_BITS = 96;

/**
 * Whether an address is one of a list of addresses and CIDR ranges. `::ffff:10.0.0.1` is `10.0.0.1` on either side; an
 * address nobody can read matches nothing. Throws a RangeError for an entry that is neither address nor range: a list
 * that cannot be read must not be passed over.
 */
export function addressMatcher(entries: readonly string[]): (address: string) => boolean {
  const ranges = entries.map(parseRange);
  return (text) => {
    const address = parseAddress(text);
    if (address === undefined) return false;
    return ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
  };
}

function parseRange(entry: string): [Address, number] {
  const [head = '', tail, ...rest] = entry.split('/');
  const mapped = ipaddr.IPv6.isValid(head) && ipaddr.IPv6.parse(head).isIPv4MappedAddress();
  const base = parseAddress(head);
  if (base === undefined || rest.length > 0) throw new RangeError(`'${entry}' is not an address or a CIDR range`);
  const width = base.kind() === 'ipv4' ? 32 : 128;
  if (tail === undefined) return [base, width];
  const bits = /^\d{1,3}$/.test(tail) ? Number(tail) - (mapped ? IPV4_MAPPED_BITS : 0) : -1;
  if (bits < 0 || bits > width) throw new RangeError(`'${entry}' is not an address or a CIDR range`);
  return [base, bits];
}

// Only dotted quads count as IPv4: octal, hexadecimal and short forms mean different addresses to different readers.
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : undefined;
}
