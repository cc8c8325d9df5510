import type { Ended } from '@techno/storage';
import { expect, it } from 'vitest';
import { settlingOf } from './settle.ts';

const ended: Ended = {
  id: 7,
  replay: 1,
  actor: 'execute-x',
  status: 'replaying',
  retryCount: 0,
  outcome: 'COMPLETED',
  reasonCodes: [],
  error: undefined,
};

it.each<[string, Partial<Ended>, object | undefined]>([
  ['completed', {}, { to: 'replayed', action: 'replayed', by: 'executor' }],
  [
    'denied',
    { outcome: 'DENIED', reasonCodes: ['AUTHENTICATION_REVOKED'] },
    { to: 'discarded', action: 'discarded', by: 'gates', reason: 'AUTHENTICATION_REVOKED' },
  ],
  [
    'denied for the moment',
    { outcome: 'DENIED', reasonCodes: ['QUOTA_EXCEEDED'] },
    { to: 'discarded', retryCount: 0, reason: 'QUOTA_EXCEEDED' },
  ],
  [
    'failed',
    { outcome: 'FAILED', error: { code: 'RESULT_INVALID', message: 'no' } },
    { to: 'pending', action: 'replay_failed', retryCount: 1, code: 'RESULT_INVALID', error: { message: 'no' } },
  ],
  [
    'of unknown outcome',
    { outcome: 'UNKNOWN', error: { code: 'EFFECT_UNCLEAR', message: '?' } },
    { to: 'pending', retryCount: 1 },
  ],
  ['over already', { status: 'discarded' }, undefined],
])('a replay that is %s', (_what, more, expected) => {
  const settling = settlingOf({ ...ended, ...more });
  if (expected === undefined) expect(settling).toBeUndefined();
  else expect(settling).toMatchObject({ id: 7, replay: 1, from: 'replaying', ...expected });
});
