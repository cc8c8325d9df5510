import { matchesPattern } from '@techno/contracts';
import { identityOf, policyOf } from './facts.ts';
import type { Gate } from './gate.ts';

/** May the credential act in this context? */
export const g5Context: Gate = {
  name: 'G5',
  check({ request, facts }) {
    const contextId = request.request.context_id;
    if (!policyOf(facts).knowsContext(contextId)) return { reason: 'CONTEXT_UNKNOWN' };
    const allowed = identityOf(facts).contexts.some((pattern) => matchesPattern(pattern, contextId));
    return allowed ? 'pass' : { reason: 'CONTEXT_NOT_ALLOWED' };
  },
};
