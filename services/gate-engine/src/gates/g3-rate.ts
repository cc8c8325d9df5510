import { exceeded } from './facts.ts';
import type { Gate } from './gate.ts';

/** Is it within its rate? The caller counts, in a store that all replicas share. */
export const g3Rate: Gate = {
  name: 'G3',
  check({ facts }) {
    const rate = exceeded(facts, 'rate');
    return rate === undefined ? 'pass' : { reason: 'RATE_LIMIT_EXCEEDED', rate };
  },
};
