import fc from 'fast-check';
import { expect, test } from 'vitest';

import { isPublicAddress } from './public-address.ts';

test.each([
  ['unspecified', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['loopback', '127.0.0.1'],
  ['the end of loopback', '127.255.255.254'],
  ['private 10', '10.0.0.1'],
  ['private 172.16', '172.16.0.1'],
  ['the end of private 172', '172.31.255.255'],
  ['private 192.168', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['the end of carrier-grade NAT', '100.127.255.255'],
  ['link-local', '169.254.1.1'],
  ['the metadata service', '169.254.169.254'],
  ['AS112', '192.175.48.1'],
  ['protocol assignments', '192.0.0.8'],
  ['6to4 relay', '192.88.99.1'],
  ['benchmarking', '198.18.0.1'],
  ['the other half of benchmarking', '198.19.255.255'],
  ['documentation 1', '192.0.2.1'],
  ['documentation 2', '198.51.100.1'],
  ['documentation 3', '203.0.113.1'],
  ['multicast', '224.0.0.1'],
  ['the end of multicast', '239.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified v6', '::'],
  ['loopback v6', '::1'],
  ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
  ['IPv4-mapped public', '::ffff:8.8.8.8'],
  ['IPv4-mapped in hex', '::ffff:7f00:1'],
  ['IPv4-compatible loopback', '::127.0.0.1'],
  ['IPv4-translated', '::ffff:0:127.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1'],
  ['NAT64 of a public address', '64:ff9b::808:808'],
  ['local-use NAT64', '64:ff9b:1::1'],
  ['discard only', '100::1'],
  ['Teredo', '2001::1'],
  ['ORCHID', '2001:10::1'],
  ['ORCHIDv2', '2001:20::1'],
  ['benchmarking v6', '2001:2::1'],
  ['documentation v6', '2001:db8::1'],
  ['documentation v6, new', '3fff::1'],
  ['6to4 of loopback', '2002:7f00:1::'],
  ['6to4 of a public address', '2002:808:808::'],
  ['segment routing', '5f00::1'],
  ['unique local', 'fc00::1'],
  ['the metadata service v6', 'fd00:ec2::254'],
  ['link-local v6', 'fe80::1'],
  ['link-local v6 with a zone', 'fe80::1%eth0'],
  ['site-local', 'fec0::1'],
  ['multicast v6', 'ff02::1'],
  ['not assigned', '4000::1'],
  ['no address', 'localhost'],
  ['nothing', ''],
])('%s (%s) is not public', (_what, address) => expect(isPublicAddress(address)).toBe(false));

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
  '2001:4860:4860::8888',
  '2003::1',
])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));

test('property: no embedding of a private IPv4 address in IPv6 is public', () => {
  const octets = fc.tuple(fc.constantFrom(10, 127, 0, 169, 192), fc.nat(255), fc.nat(255), fc.nat(255));
  const hex = (a: number, b: number) => ((a << 8) | b).toString(16);
  fc.assert(
    fc.property(octets, ([a, b, c, d]) => {
      const tail = `${hex(a, b)}:${hex(c, d)}`;
      for (const address of [
        `::${tail}`,
        `::ffff:${tail}`,
        `::ffff:0:${tail}`,
        `64:ff9b::${tail}`,
        `64:ff9b:1::${tail}`,
        `2002:${tail}::1`,
      ]) {
        expect(isPublicAddress(address), address).toBe(false);
      }
    }),
  );
});
