import { type ActionCompleted, type ActionFailed, FAILURE_CLASSES, type FailureClass } from '@techno/contracts';
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
  it.each<[string, Partial<ActionCompleted>, unknown]>([
    ['an object', { result: { a: 1 } }, { a: 1 }],
    ['false', { result: false }, false],
    ['null', { result: null }, null],
    ['nothing', {}, null],
  ])('with %s as the result', (_name, more, result) => {
    expect(answerCompleted({ ...ended, ...more })).toEqual({
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: { trace_id: ended.trace_id, status: 'COMPLETED', result, executor_id: 'echo_executor_v1', execution_time_ms: 4 },
    });
  });
});

describe('answerFailed', () => {
  const EXPECTED: Record<FailureClass, [number, string]> = {
    upstream: [502, 'Bad Gateway'],
    result: [502, 'Bad Gateway'],
    timeout: [504, 'Gateway Timeout'],
    input: [422, 'Unprocessable Content'],
    internal: [500, 'Internal Server Error'],
  };

  it.each(FAILURE_CLASSES)('of class %s', (failure) => {
    const [status, title] = EXPECTED[failure];
    expect(answerFailed(failed(failure))).toEqual({
      status,
      headers: { 'Content-Type': 'application/problem+json' },
      body: {
        type: 'about:blank',
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
    expect(answerFailed(failed('upstream', { partial })).body['partial']).toEqual(partial);
    expect('partial' in answerFailed(failed('upstream')).body).toBe(false);
  });
});
