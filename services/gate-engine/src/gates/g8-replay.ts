import { wasSeen } from './facts.ts';
import type { Gate } from './gate.ts';

/** Is it new? */
export const g8Replay: Gate = {
  name: 'G8',
  check: ({ facts }) => (wasSeen(facts) ? { reason: 'REPLAY_DETECTED' } : 'pass'),
};
