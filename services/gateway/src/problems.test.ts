import { HttpProblem } from '@techno/http';
import { RequestError } from '@techno/jetstream';
import { TemporaryError, TerminalError } from '@techno/kernel';
import { describe, expect, it } from 'vitest';
import { problemOf } from './problems.ts';

const replyOf = (error: unknown) => problemOf(error)?.toReply('tr_1');

describe('what went wrong behind a route', () => {
  it.each([
    ['AUTHENTICATION_MISSING', 401],
    ['AUTHENTICATION_REVOKED', 403],
    ['PERMISSION_MISSING', 403],
    ['KEY_UNKNOWN', 404],
    ['KEY_REVOKED', 409],
    ['POLICY_CONFLICT', 409],
    ['POLICY_INVALID', 422],
    ['REQUEST_INVALID', 400],
  ])('%s is %i, with the owner`s own words', (code, status) => {
    for (const error of [new RequestError(code, 'why'), new TerminalError(code, 'why')])
      expect(replyOf(error)).toMatchObject({ status, body: { code, detail: 'why', status, trace_id: 'tr_1' } });
  });

  it('names every place where a document is at fault', () => {
    const errors = [{ path: '/roles', message: 'no' }];
    expect(replyOf(new RequestError('POLICY_INVALID', 'why', errors))?.body).toMatchObject({ errors });
  });

  it.each(['UNEXPECTED', 'FACT_GARBLED', 'STATUS', 'constructor', 'toString'])('%s is not for callers', (code) => {
    expect(problemOf(new RequestError(code, 'inside'))).toBeUndefined();
  });

  it('that is no error of ours is not for callers either', () => {
    for (const error of [new Error('inside'), 'inside', undefined, null, { code: 'KEY_UNKNOWN' }])
      expect(problemOf(error)).toBeUndefined();
  });

  it.each([
    [new TemporaryError('STORE_UNAVAILABLE', 'connect ECONNREFUSED 10.0.0.5'), '2'],
    [new TemporaryError('SERVICE_UNAVAILABLE', 'x', { retryAfterMs: 7_001 }), '8'],
    [new TemporaryError('ANY_OTHER', 'x', { retryAfterMs: 1 }), '1'],
    [new RequestError('STORE_UNAVAILABLE', 'connect ECONNREFUSED 10.0.0.5'), '2'],
    [new RequestError('FACTS_STALE', 'facts are 6000 ms old'), '2'],
  ])('that may pass is 503 with the seconds to wait, and says nothing of the inside', (error, seconds) => {
    const reply = replyOf(error);
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': seconds }, body: { code: error.code } });
    expect(JSON.stringify(reply)).not.toContain('ECONNREFUSED');
    expect(problemOf(error)).toBeInstanceOf(HttpProblem);
  });
});
