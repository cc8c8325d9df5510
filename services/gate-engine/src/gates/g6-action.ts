import { policyOf } from './facts.ts';
import type { Gate } from './gate.ts';

/** Is the action known, and its payload what the action takes? */
export const g6Action: Gate = {
  name: 'G6',
  check({ request, facts }) {
    const action = policyOf(facts).actions.get(request.request.action);
    if (action === undefined) return { reason: 'ACTION_UNKNOWN' };
    const fault = action.checkPayload(request.request.payload);
    if (fault === undefined) return 'pass';
    return { reason: 'PAYLOAD_SCHEMA_VIOLATION', message: `The payload does not match the schema of the action: ${fault}.` };
  },
};
