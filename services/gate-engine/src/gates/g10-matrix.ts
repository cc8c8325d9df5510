import { identityOf, policyOf } from './facts.ts';
import type { Gate } from './gate.ts';

/** Does the matrix allow this role this action in this context? What it does not name is refused. */
export const g10Matrix: Gate = {
  name: 'G10',
  check({ request: { request }, facts }) {
    const policy = policyOf(facts);
    const { role, root } = identityOf(facts);
    const allowed = root === true ? policy.actions.has(request.action) : policy.allows(role, request.action, request.context_id);
    return allowed ? 'pass' : { reason: 'ACTION_NOT_AUTHORIZED' };
  },
};
