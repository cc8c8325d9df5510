import type { ActionCompleted, ActionFailed, FailureClass } from '@techno/contracts';
import { assertNever } from '@techno/kernel';
import { type HttpAnswer, PROBLEM_JSON } from './answer.ts';

/** The answer to an action that was done. The status word is the one that reads of the action give. */
export function answerCompleted(completed: ActionCompleted): HttpAnswer {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: {
      trace_id: completed.trace_id,
      status: 'COMPLETED',
      // JSON has no undefined, and a caller should find the field.
      result: completed.result ?? null,
      executor_id: completed.executor_id,
      execution_time_ms: completed.execution_time_ms,
    },
  };
}

/** The answer to an action that failed, or whose outcome nobody saw (ACTION_OUTCOME_UNKNOWN: it may have had its effect). */
export function answerFailed(failed: ActionFailed): HttpAnswer {
  const unknown = failed.status === 'UNKNOWN';
  const { status, title } = unknown ? BAD_GATEWAY : statusOf(failed.error.class);
  return {
    status,
    headers: { 'Content-Type': PROBLEM_JSON },
    body: {
      type: 'about:blank',
      title,
      status,
      detail: failed.error.message,
      code: unknown ? 'ACTION_OUTCOME_UNKNOWN' : failed.error.code,
      trace_id: failed.trace_id,
      action_status: failed.status,
      executor_id: failed.executor_id,
      execution_time_ms: failed.execution_time_ms,
      ...(failed.partial === undefined ? {} : { partial: failed.partial }),
    },
  };
}

const BAD_GATEWAY = { status: 502, title: 'Bad Gateway' };

function statusOf(failure: FailureClass): { status: number; title: string } {
  switch (failure) {
    case 'timeout':
      return { status: 504, title: 'Gateway Timeout' };
    case 'upstream':
    case 'result':
      return BAD_GATEWAY;
    case 'input':
      return { status: 422, title: 'Unprocessable Content' };
    case 'internal':
      return { status: 500, title: 'Internal Server Error' };
    default:
      return assertNever(failure);
  }
}
