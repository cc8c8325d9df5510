import { expect, test } from 'vitest';

import { canonicalAddress, clientAddress } from './client-address.ts';

test.each([
  ['the header is ignored without proxies', '6.6.6.6', 0, '192.0.2.1'],
  ['one proxy vouches for the last entry', '6.6.6.6, 203.0.113.9', 1, '203.0.113.9'],
  ['two for the one before it', '6.6.6.6, 203.0.113.9, 10.0.0.2', 2, '203.0.113.9'],
  ['fewer entries than proxies', '6.6.6.6', 2, '192.0.2.1'],
  ['no header', undefined, 1, '192.0.2.1'],
  ['an empty header', '', 1, '192.0.2.1'],
  ['no address', 'unknown', 1, '192.0.2.1'],
  ['an obfuscated one', '_hidden', 1, '192.0.2.1'],
  ['a port', '203.0.113.9:4711', 1, '203.0.113.9'],
  ['IPv6 with a port', '[2001:DB8::1]:443', 1, '2001:db8::1'],
  ['IPv6', '2001:db8:0:0::1', 1, '2001:db8::1'],
  ['IPv4-mapped', '::ffff:203.0.113.9', 1, '203.0.113.9'],
  ['a notation that no proxy writes', '0x7f.1', 1, '192.0.2.1'],
])('%s', (_what, header, proxies, address) => expect(clientAddress('192.0.2.1', header, proxies)).toBe(address));

test('the peer has one spelling too', () => {
  expect(clientAddress('0000:0000:0000:0000:0000:ffff:7f00:0001', undefined, 0)).toBe('127.0.0.1');
  expect(clientAddress('2001:0db8:0000:0000:0000:0000:0000:0001', undefined, 0)).toBe('2001:db8::1');
  expect(canonicalAddress('nowhere')).toBeUndefined();
});
