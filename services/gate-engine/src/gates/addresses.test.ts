import { expect, it } from 'vitest';
import { addressMatcher } from './addresses.ts';

it.each<[string, string, boolean]>([
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.1', '10.0.0.2', false],
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', '::ffff:0a01:0203', true],
  ['::ffff:10.0.0.0/104', '10.1.2.3', true],
  ['::ffff:10.0.0.0/104', '11.1.2.3', false],
  ['::ffff:10.0.0.1', '10.0.0.1', true],
  ['2001:db8::/32', '2001:db8:1::5', true],
  ['2001:db8::/32', '2001:db9::5', false],
  ['2001:0DB8::1', '2001:db8:0:0::1', true],
  ['0.0.0.0/0', '203.0.113.7', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '203.0.113.7', false],
  ['10.0.0.1', '10.1', false],
  ['10.0.0.1', '0x0a000001', false],
  ['10.0.0.1', '167772161', false],
  ['10.0.0.1', '012.0.0.1', false],
  ['10.0.0.1', '', false],
])('%s covers %s: %s', (entry, address, covered) => {
  expect(addressMatcher(['192.0.2.1', entry])(address)).toBe(covered);
});

it.each([
  '',
  'example.org',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.1/8',
  '2001:db8::/129',
  '::ffff:10.0.0.0/8',
])('refuses the entry %j', (entry) => {
  expect(() => addressMatcher([entry])).toThrow(RangeError);
});
