import { exceeded, identityOf, policyOf } from './facts.ts';
import type { Gate } from './gate.ts';

/** Is the system open for it? */
export const g9System: Gate = {
  name: 'G9',
  check({ request, facts }) {
    const { document, actions } = policyOf(facts);
    if (document.killSwitch) return { reason: 'SYSTEM_CLOSED' };
    if (document.maintenance && !document.maintenanceRoles.includes(identityOf(facts).role)) {
      return { reason: 'SYSTEM_CLOSED', message: 'The system is closed for maintenance.' };
    }
    if (actions.get(request.request.action)?.spec.enabled !== true) return { reason: 'FEATURE_DISABLED' };
    const quota = exceeded(facts, 'quota');
    return quota === undefined ? 'pass' : { reason: 'QUOTA_EXCEEDED', rate: quota };
  },
};
