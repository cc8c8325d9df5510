import { expect, test } from 'vitest';
import type { Failure } from './channel.ts';
import { classify } from './classify.ts';

const keyed = { keyed: true };
const unkeyed = { keyed: false };
const lost = (sent: boolean): Failure => ({ kind: 'lost', sent, code: 'UPSTREAM_TIMEOUT' });

test.each<[Failure, { keyed: boolean }, string]>([
  [{ kind: 'status', status: 408 }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'status', status: 425 }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'status', status: 429 }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'status', status: 500 }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'status', status: 503 }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'status', status: 599 }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'status', status: 301 }, keyed, 'FAILED_PERMANENT'],
  [{ kind: 'status', status: 307 }, keyed, 'FAILED_PERMANENT'],
  [{ kind: 'status', status: 400 }, keyed, 'FAILED_PERMANENT'],
  [{ kind: 'status', status: 401 }, keyed, 'FAILED_PERMANENT'],
  [{ kind: 'status', status: 404 }, keyed, 'FAILED_PERMANENT'],
  [{ kind: 'status', status: 410 }, keyed, 'FAILED_PERMANENT'],
  [{ kind: 'smtp', reply: 421, atRecipient: false }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'smtp', reply: 450, atRecipient: true }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'smtp', reply: 451, atRecipient: false }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'smtp', reply: 550, atRecipient: true }, unkeyed, 'FAILED_PERMANENT'],
  [{ kind: 'smtp', reply: 552, atRecipient: false }, unkeyed, 'FAILED_PERMANENT'],
  [lost(false), unkeyed, 'FAILED_TEMPORARY'],
  [lost(false), keyed, 'FAILED_TEMPORARY'],
  [lost(true), keyed, 'FAILED_TEMPORARY'],
  [lost(true), unkeyed, 'UNKNOWN'],
  [{ kind: 'resting', retryAfterMs: 5 }, unkeyed, 'FAILED_TEMPORARY'],
  [{ kind: 'refused', code: 'EGRESS_FORBIDDEN' }, keyed, 'FAILED_PERMANENT'],
])('%j from a provider that is %j is %s', (failure, provider, expected) => {
  expect(classify(failure, provider).class).toBe(expected);
});

test.each<[Failure, boolean]>([
  [{ kind: 'smtp', reply: 550, atRecipient: true }, true],
  [{ kind: 'smtp', reply: 550, atRecipient: false }, false],
  [{ kind: 'smtp', reply: 552, atRecipient: true }, false],
  [{ kind: 'status', status: 410 }, true],
  [{ kind: 'status', status: 400, badAddress: true }, true],
  [{ kind: 'status', status: 400 }, false],
  [{ kind: 'status', status: 503, badAddress: true }, false],
])('%j suppresses the address: %s', (failure, suppress) => {
  expect(classify(failure, keyed).suppress).toBe(suppress);
});

test.each<[Failure, boolean]>([
  [lost(false), true],
  [lost(true), true],
  [{ kind: 'status', status: 503 }, true],
  [{ kind: 'status', status: 429 }, true],
  [{ kind: 'smtp', reply: 421, atRecipient: false }, true],
  [{ kind: 'smtp', reply: 451, atRecipient: false }, false],
  [{ kind: 'status', status: 404 }, false],
])('%j speaks against the provider: %s', (failure, about) => {
  expect(classify(failure, keyed).aboutChannel).toBe(about);
});

test('only what was not even tried spends no attempt, and waits as long as it was told', () => {
  expect(classify({ kind: 'resting', retryAfterMs: 7 }, keyed)).toMatchObject({ spent: false, retryAfterMs: 7 });
  expect(classify({ kind: 'status', status: 429, retryAfterMs: 9_000 }, keyed)).toMatchObject({
    spent: true,
    retryAfterMs: 9_000,
  });
});
