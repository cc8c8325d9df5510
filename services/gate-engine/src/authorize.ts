import { type ActionRequested, type Credential, type Permission, PERMISSIONS, type Principal, REASONS } from '@techno/contracts';
import { type Clock, TerminalError } from '@techno/kernel';
import { type Facts, type Identity, known } from './gates/facts.ts';
import { g1Identity } from './gates/g1-identity.ts';
import { g2Credential } from './gates/g2-credential.ts';
import { FACTS_MAX_AGE_MS, type LiveFacts } from './live-facts.ts';

/** Who asks, found by the same gates that an action passes. */
export interface Authorized {
  readonly principal: Principal;
  readonly permissions: readonly Permission[];
  readonly identity: Identity;
}

/**
 * G1 and G2 for a query or an admin command, then the role's permissions. Throws TerminalError with the gate's reason
 * code, or PERMISSION_MISSING.
 */
export function authorizer({ facts, clock }: { facts: LiveFacts; clock: Clock }) {
  return (credential: Credential, address: string, permission?: Permission): Authorized => {
    const identity = facts.identity(credential);
    const request = { credential, address } as ActionRequested;
    const asked: Facts = {
      identity: known(identity),
      policy: () => {
        throw new Error('not asked for');
      },
      rate: known({ state: 'unlimited' }),
      quota: known({ state: 'unlimited' }),
      seen: known(false),
      factsAgeMs: () => facts.ageMs(),
      factsMaxAgeMs: FACTS_MAX_AGE_MS,
    };
    for (const gate of [g1Identity, g2Credential]) {
      const outcome = gate.check({ request, facts: asked, now: clock.now() });
      if (outcome !== 'pass') throw new TerminalError(outcome.reason, outcome.message ?? REASONS[outcome.reason]);
    }
    if (identity === undefined) throw new TerminalError('AUTHENTICATION_INVALID_KEY', REASONS.AUTHENTICATION_INVALID_KEY);
    const permissions = permissionsOf(identity, facts);
    if (permission !== undefined && !permissions.includes(permission)) {
      throw new TerminalError('PERMISSION_MISSING', `the role '${identity.role}' lacks the permission '${permission}'`);
    }
    return { identity, permissions, principal: { id: identity.id, kind: identity.kind, role: identity.role } };
  };
}

function permissionsOf(identity: Identity, facts: LiveFacts): readonly Permission[] {
  if (identity.root) return PERMISSIONS;
  const roles = facts.policy()?.document.roles ?? {};
  return Object.hasOwn(roles, identity.role) ? (roles[identity.role]?.permissions ?? []) : [];
}
