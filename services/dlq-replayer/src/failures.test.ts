import { type DeadLetter, HEADER } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { failureOf, place } from './failures.ts';
import { allowed, TRACE_ID, TRACEPARENT } from './row.fixture.ts';

function letter(more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    actor: 'execute-http_executor_v1',
    stream: 'ACTIONS',
    stream_seq: 3,
    subject: 'action.allowed.http_executor_v1',
    headers: { 'ce-id': 'm1', 'ce-type': 'action.allowed', traceparent: TRACEPARENT },
    payload: JSON.stringify(allowed),
    encoding: 'json',
    trace_id: TRACE_ID,
    error: { code: 'UPSTREAM_STATUS_503', message: 'shop answered 503', kind: 'temporary' },
    attempts: 2,
    first_failure_at: '2026-11-21T00:00:00.000Z',
    last_failure_at: '2026-11-21T00:00:05.000Z',
    ...more,
  };
}

describe('a failure', () => {
  it('is named by the message, its actor and its replay', () => {
    expect(failureOf(letter(), '').key).toBe('m1.execute-http_executor_v1.0');
    const again = letter({ headers: { 'ce-id': 'm2', [HEADER.replay]: '2', [HEADER.deadLetter]: '7' } });
    expect(failureOf(again, '')).toMatchObject({ key: 'm2.execute-http_executor_v1.2', replay: 2, replayOf: 7 });
  });

  it('of a message without an id is named by its place, in that incarnation of the stream', () => {
    expect(failureOf(letter({ headers: {} }), 'then').key).toBe('ACTIONS@then.3.execute-http_executor_v1.0');
  });

  it.each([
    ['an action by its name', {}, 'order'],
    ['the same in the hands of the auditor by its type', { actor: 'record-actions' }, 'action.allowed'],
    ['a message without a type by its subject', { actor: 'x', headers: {}, subject: 'a.b' }, 'a.b'],
  ])('calls %s', (_what, more, jobName) => {
    expect(failureOf(letter(more), '').jobName).toBe(jobName);
  });

  it.each<[string, Partial<DeadLetter>, string]>([
    ['no UTF-8', { payload: '//4=', encoding: 'base64' }, '//4='],
    ['no JSON', { payload: '{' }, 'ew=='],
    ['of no known form', { payload: '{}', error: { code: 'MESSAGE_UNPARSEABLE', message: 'x' } }, 'e30='],
    ['of no known form, by its kind', { payload: '{}', error: { code: 'X', message: 'x', kind: 'unparseable' } }, 'e30='],
  ])('that is %s is kept as bytes, in quarantine', (_what, more, payload) => {
    expect(failureOf(letter(more), '')).toMatchObject({ quarantined: true, payload, encoding: 'base64' });
  });

  it('is told without what Postgres cannot hold', () => {
    expect(failureOf(letter({ error: { code: 'X', message: 'a\0b', stack: '\0' } }), '')).toMatchObject({
      errorMessage: 'a\uFFFDb',
      errorStack: '\uFFFD',
    });
  });
});

describe('a failure belongs', () => {
  const again = failureOf(letter({ headers: { 'ce-id': 'm2', [HEADER.replay]: '2', [HEADER.deadLetter]: '7' } }), '');
  const standing = { id: 7, status: 'replaying' as const, replay: 2, retryCount: 1, jobName: 'order' };

  it('to the dead letter it is the replay of', () => {
    expect(place(again, standing)).toEqual({ id: 7, status: 'pending', retryCount: 2, failure: again });
  });

  it.each([
    ['to nothing yet', undefined],
    ['to nothing yet where the replay only caused it', { ...standing, jobName: 'other' }],
  ])('%s', (_what, standing) => {
    expect(place(again, standing)).toBe('new');
  });

  it.each([
    ['was replayed once more meanwhile', { ...standing, replay: 3 }],
    ['was discarded meanwhile', { ...standing, status: 'discarded' as const }],
  ])('to the history alone where its dead letter %s', (_what, standing) => {
    expect(place(again, standing)).toEqual({ notedAt: 7 });
  });

  it('and counts once, however it was told first', () => {
    expect(place(again, { ...standing, status: 'pending', retryCount: 2 })).toMatchObject({ status: 'pending', retryCount: 2 });
  });
});
