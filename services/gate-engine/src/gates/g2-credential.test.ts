import { expect, it } from 'vitest';
import type { Identity } from './facts.ts';
import { g2Credential } from './g2-credential.ts';
import { sampleInput } from './sample-input.ts';

const { now } = sampleInput();

it.each<[string, Partial<Identity>, string, unknown]>([
  ['a plain key', {}, '203.0.113.7', 'pass'],
  ['revoked', { revokedAt: now - 1 }, '203.0.113.7', { reason: 'AUTHENTICATION_REVOKED' }],
  ['revoked this millisecond', { revokedAt: now }, '203.0.113.7', { reason: 'AUTHENTICATION_REVOKED' }],
  ['to be revoked after the overlap', { revokedAt: now + 1 }, '203.0.113.7', 'pass'],
  ['expired', { expiresAt: now }, '203.0.113.7', { reason: 'AUTHENTICATION_EXPIRED' }],
  ['expires later', { expiresAt: now + 1 }, '203.0.113.7', 'pass'],
  ['revoked and expired', { revokedAt: now, expiresAt: now }, '203.0.113.7', { reason: 'AUTHENTICATION_REVOKED' }],
  ['listed', { allowedAddresses: ['203.0.113.0/24'] }, '203.0.113.7', 'pass'],
  ['not listed', { allowedAddresses: ['198.51.100.1'] }, '203.0.113.7', { reason: 'ADDRESS_NOT_ALLOWED' }],
  ['no readable address', { allowedAddresses: ['0.0.0.0/0'] }, 'unknown', { reason: 'ADDRESS_NOT_ALLOWED' }],
])('G2: %s', (_name, identity, address, outcome) => {
  expect(g2Credential.check(sampleInput({ identity, request: { address } }))).toEqual(outcome);
});

it('G2 cannot be evaluated with a list it cannot read', () => {
  expect(() => g2Credential.check(sampleInput({ identity: { allowedAddresses: ['10.0.0.0/33'] } }))).toThrow(RangeError);
});
