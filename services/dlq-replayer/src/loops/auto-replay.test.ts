import { policyDocument } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { rowFixture } from '../row.fixture.ts';
import { fits, judge } from './auto-replay.ts';

const policy = policyDocument.parse({
  version: 1,
  contexts: ['*'],
  roles: {},
  actions: {},
  deadLetters: { autoReplay: [{ codes: ['UPSTREAM_*'], actors: ['execute-*'], delayMs: 1_000, maxAttempts: 2 }] },
});
const closed = { openUntil: () => undefined };
const row = rowFixture({ status: 'pending' });

describe('a dead letter whose time has come', () => {
  it.each([
    ['is replayed', row, { kind: 'replay' }],
    ['is left alone where no rule fits', { ...row, errorCode: 'RESULT_INVALID' }, { kind: 'leave' }],
    ['is left alone in quarantine', { ...row, quarantined: true }, { kind: 'leave' }],
    ['is given up past the cap', { ...row, retryCount: 2 }, { kind: 'give_up' }],
  ])('%s', (_what, row, verdict) => {
    expect(judge(row, policy, closed, 0)).toEqual(verdict);
  });

  it('waits for an open breaker', () => {
    expect(judge(row, policy, { openUntil: () => 9 }, 0)).toEqual({ kind: 'wait', until: new Date(9) });
  });
});

it.each([
  [{ codes: ['*'] }, true],
  [{ codes: ['UPSTREAM_STATUS_503'] }, true],
  [{ codes: ['UPSTREAM_STATUS_50'] }, false],
  [{ kinds: ['temporary'] }, true],
  [{ kinds: ['terminal'] }, false],
  [{ actors: ['deliver-*'] }, false],
])('the rule %j fits: %s', (rule, expected) => {
  const [parsed] = policyDocument.parse({
    version: 1,
    contexts: ['*'],
    roles: {},
    actions: {},
    deadLetters: { autoReplay: [{ delayMs: 1, maxAttempts: 1, ...rule }] },
  }).deadLetters.autoReplay;
  expect(fits(parsed!, row)).toBe(expected);
});
