import { isTraceId } from '@techno/kernel';
import type { Gate } from './gate.ts';

/** Is there a trace? */
export const g0Trace: Gate = {
  name: 'G0',
  check: ({ request }) => (isTraceId(request.trace_id) ? 'pass' : { reason: 'TRACE_INVALID' }),
};
