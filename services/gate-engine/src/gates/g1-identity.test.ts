import type { Credential } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { type Identity, known } from './facts.ts';
import { g1Identity } from './g1-identity.ts';
import { sampleIdentity, sampleInput } from './sample-input.ts';

const apiKey: Credential = { kind: 'api_key', hash: 'x' };
const webhook: Credential = { kind: 'webhook', source: 'demo' };
const delegate: Credential = { kind: 'delegate', by: 'schedule:s1', owner: 'key_1' };

const check = (credential: Credential, identity: Identity | undefined) =>
  g1Identity.check(sampleInput({ request: { credential }, facts: { identity: known(identity) } }));

describe('G1', () => {
  it.each<[string, Credential, Identity | undefined, unknown]>([
    ['no credential', { kind: 'none' }, undefined, { reason: 'AUTHENTICATION_MISSING' }],
    ['no credential, whatever was found', { kind: 'none' }, sampleIdentity, { reason: 'AUTHENTICATION_MISSING' }],
    ['an unknown key', apiKey, undefined, { reason: 'AUTHENTICATION_INVALID_KEY' }],
    ['an unknown source', webhook, undefined, { reason: 'AUTHENTICATION_INVALID_KEY' }],
    ['a known key', apiKey, sampleIdentity, 'pass'],
    ['a known source', webhook, { ...sampleIdentity, id: 'webhook:demo', kind: 'webhook' }, 'pass'],
    ['a delegate of a known key', delegate, sampleIdentity, 'pass'],
  ])('%s', (_name, credential, identity, outcome) => {
    expect(check(credential, identity)).toEqual(outcome);
  });

  it.each<[string, Credential, Identity]>([
    ['a source for a key', apiKey, { ...sampleIdentity, id: 'webhook:demo', kind: 'webhook' }],
    ['another source', webhook, { ...sampleIdentity, id: 'webhook:other', kind: 'webhook' }],
    ['another owner', delegate, { ...sampleIdentity, id: 'key_2' }],
    ['a credential of no known kind', { kind: 'magic' } as never, sampleIdentity],
  ])('cannot be evaluated with the record of %s', (_name, credential, identity) => {
    expect(() => check(credential, identity)).toThrow();
  });
});
