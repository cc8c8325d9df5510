import { DEAD_LETTER_STATUSES, type DeadLetterStatus } from '@techno/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Happening, next, type Standing, statusesFor } from './lifecycle.ts';

const HAPPENINGS = {
  replay_started: { kind: 'replay_started' },
  succeeded: { kind: 'succeeded' },
  failed: { kind: 'failed' },
  reopened: { kind: 'reopened' },
  denied: { kind: 'denied' },
  discarded: { kind: 'discarded' },
  given_up: { kind: 'given_up' },
} as const satisfies Record<string, Happening>;
type Name = keyof typeof HAPPENINGS;

/** What each happening makes of each status; a `+1` counts a failed replay; nothing: it cannot happen. */
const TABLE: Record<DeadLetterStatus, Partial<Record<Name, readonly [DeadLetterStatus, 0 | 1]>>> = {
  pending: {
    replay_started: ['replaying', 0],
    failed: ['pending', 0],
    discarded: ['discarded', 0],
    given_up: ['permanent_failure', 0],
  },
  replaying: {
    succeeded: ['replayed', 0],
    failed: ['pending', 1],
    denied: ['discarded', 0],
  },
  replayed: { failed: ['pending', 1] },
  discarded: { reopened: ['replaying', 0] },
  permanent_failure: { replay_started: ['replaying', 0], discarded: ['discarded', 0] },
};

const CASES = DEAD_LETTER_STATUSES.flatMap((status) =>
  (Object.keys(HAPPENINGS) as Name[]).map((name) => [status, name] as const),
);

describe('the life of a dead letter', () => {
  it.each(CASES)('%s, then %s', (status, name) => {
    const expected = TABLE[status][name];
    expect(next({ status, retryCount: 3 }, HAPPENINGS[name])).toEqual(
      expected && { status: expected[0], retryCount: 3 + expected[1] },
    );
  });

  it('the statuses in which something can happen are those of the table', () => {
    for (const name of Object.keys(HAPPENINGS) as Name[]) {
      expect(statusesFor(HAPPENINGS[name])).toEqual(DEAD_LETTER_STATUSES.filter((status) => TABLE[status][name] !== undefined));
    }
  });
});

describe('over any history', () => {
  const histories = fc.array(fc.constantFrom(...(Object.keys(HAPPENINGS) as Name[])), { maxLength: 60 });

  it('counts the replays that failed, and no more than were started', () => {
    fc.assert(
      fc.property(histories, (history) => {
        let now: Standing = { status: 'pending', retryCount: 0 };
        let started = 0;
        for (const name of history) {
          const becomes = next(now, HAPPENINGS[name]);
          if (becomes === undefined) continue;
          if (name === 'replay_started' || name === 'reopened') started++;
          expect(becomes.retryCount - now.retryCount).toBe(becomes.status === 'pending' && now.status !== 'pending' ? 1 : 0);
          now = becomes;
        }
        expect(now.retryCount).toBeLessThanOrEqual(started);
      }),
    );
  });

  it('what was discarded stays so until somebody reopens it, and nothing leaves replaying but by an outcome', () => {
    fc.assert(
      fc.property(histories, (history) => {
        let now: Standing = { status: 'pending', retryCount: 0 };
        for (const name of history) {
          const becomes = next(now, HAPPENINGS[name]);
          if (now.status === 'discarded' && becomes !== undefined) expect(name).toBe('reopened');
          if (now.status === 'replaying' && becomes !== undefined) expect(['succeeded', 'failed', 'denied']).toContain(name);
          now = becomes ?? now;
        }
      }),
    );
  });
});
