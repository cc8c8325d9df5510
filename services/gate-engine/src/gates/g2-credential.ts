import { addressMatcher } from './addresses.ts';
import { identityOf } from './facts.ts';
import type { Gate } from './gate.ts';

/** Is that credential good now, and here? */
export const g2Credential: Gate = {
  name: 'G2',
  check({ request, facts, now }) {
    const { revokedAt, expiresAt, allowedAddresses } = identityOf(facts);
    if (revokedAt !== undefined && revokedAt <= now) return { reason: 'AUTHENTICATION_REVOKED' };
    if (expiresAt !== undefined && expiresAt <= now) return { reason: 'AUTHENTICATION_EXPIRED' };
    if (allowedAddresses.length > 0 && !addressMatcher(allowedAddresses)(request.address)) {
      return { reason: 'ADDRESS_NOT_ALLOWED' };
    }
    return 'pass';
  },
};
