import { type ActionFailed, FAILURE_CLASSES, type FailureClass } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { answerCompleted, answerFailed } from './outcome.ts';

const ended = {
  trace_id: `tr_${'b'.repeat(32)}`,
  decision_id: 'dec_1',
  action: 'echo',
  executor_id: 'echo_executor_v1',
  attempt: 1,
  started_at: '2026-11-21T00:00:00.000Z',
  finished_at: '2026-11-21T00:00:00.004Z',
  execution_time_ms: 4,
  replay: 0,
};
const failed = (failure: FailureClass, more: Partial<ActionFailed> = {}): ActionFailed => ({
  ...ended,
  status: 'FAILED',
  error: { code: 'SOME_CODE', message: 'It did not work.', class: failure },
  ...more,
});

describe('answerCompleted', () => {
  it.each<[string, unknown, unknown]>([
    ['an object', { a: 1 }, { a: 1 }],
    ['false', false, false],
    ['null', null, null],
    ['nothing', undefined, null],
  ])('with %s as the result', (_name, given, result) => {
    expect(answerCompleted({ ...ended, result: given })).toEqual({
      status: 200,
      body: { trace_id: ended.trace_id, status: 'COMPLETED', result, executor_id: 'echo_executor_v1', execution_time_ms: 4 },
    });
  });
});

describe('answerFailed', () => {
  const EXPECTED: Record<FailureClass, [number, string]> = {
    upstream: [502, 'Bad Gateway'],
    result: [502, 'Bad Gateway'],
    timeout: [504, 'Gateway Timeout'],
    input: [422, 'Unprocessable Entity'],
    internal: [500, 'Internal Server Error'],
  };

  it.each(FAILURE_CLASSES)('of class %s', (failure) => {
    const [status, title] = EXPECTED[failure];
    expect(answerFailed(failed(failure))).toEqual({
      status,
      contentType: 'application/problem+json',
      headers: { 'cache-control': 'no-store' },
      body: {
        type: '/docs/errors#SOME_CODE',
        title,
        status,
        detail: 'It did not work.',
        code: 'SOME_CODE',
        trace_id: ended.trace_id,
        action_status: 'FAILED',
        executor_id: 'echo_executor_v1',
        execution_time_ms: 4,
      },
    });
  });

  it.each(FAILURE_CLASSES)('whose outcome is unknown, of class %s', (failure) => {
    const { status, body } = answerFailed(failed(failure, { status: 'UNKNOWN' }));
    expect(status).toBe(502);
    expect(body).toMatchObject({ status: 502, code: 'ACTION_OUTCOME_UNKNOWN', action_status: 'UNKNOWN' });
  });

  it('shows what did succeed', () => {
    const partial = { steps: { fetch: 'COMPLETED', send: 'FAILED' } };
    expect(answerFailed(failed('upstream', { partial })).body).toMatchObject({ partial });
    expect(answerFailed(failed('upstream')).body).not.toHaveProperty('partial');
  });
});
