import type { Credential } from '@techno/contracts';
import { assertNever } from '@techno/kernel';
import { FactError, type Identity, lookUpIdentity } from './facts.ts';
import type { Gate } from './gate.ts';

/** Who is it? */
export const g1Identity: Gate = {
  name: 'G1',
  check({ request: { credential }, facts }) {
    if (credential.kind === 'none') return { reason: 'AUTHENTICATION_MISSING' };
    const identity = lookUpIdentity(facts);
    if (identity === undefined) return { reason: 'AUTHENTICATION_INVALID_KEY' };
    // A record that belongs to another credential is a mistake of the lookup, not of the caller.
    if (!belongs(identity, credential)) throw new FactError('FACT_GARBLED', 'the record is not that of the credential');
    return 'pass';
  },
};

function belongs(identity: Identity, credential: Exclude<Credential, { kind: 'none' }>): boolean {
  switch (credential.kind) {
    case 'api_key':
      return identity.kind === 'api_key';
    case 'webhook':
      return identity.kind === 'webhook' && identity.id === `webhook:${credential.source}`;
    case 'delegate':
      return identity.id === credential.owner;
    default:
      return assertNever(credential);
  }
}
