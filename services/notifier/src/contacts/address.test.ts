import { expect, test } from 'vitest';
import { normalAddress } from './address.ts';

test.each([
  ['whatsapp', '+55 (11) 98765-4321', '+5511987654321'],
  ['sms', '+49 1512 3456789', '+4915123456789'],
  ['email', 'Ana.Silva@Example.ORG', 'Ana.Silva@example.org'],
  ['webhook', 'https://example.org/hook?a=b', 'https://example.org/hook?a=b'],
] as const)('%s %s is kept as %s', (channel, given, kept) => {
  expect(normalAddress(channel, given)).toBe(kept);
  expect(normalAddress(channel, kept)).toBe(kept);
});

test.each([
  ['sms', '11987654321'],
  ['sms', '+55 11 1'],
  ['sms', '+999 123456789'],
  ['whatsapp', 'five'],
  ['email', 'ana'],
  ['email', 'ana@localhost'],
  ['email', 'Ana <ana@example.org>'],
  ['email', 'ana@example.org\r\nBcc: all@example.org'],
  ['email', 'ana@example.org, bob@example.org'],
  ['webhook', 'ftp://example.org'],
  ['webhook', 'https://user:password@example.org'],
  ['webhook', 'nowhere'],
] as const)('%s %j is refused, and not repeated in the message', (channel, given) => {
  const refuse = () => normalAddress(channel, given);
  expect(refuse).toThrow(expect.objectContaining({ code: 'CONTACT_ADDRESS_INVALID' }));
  expect(refuse).not.toThrow(given);
});
