import type { ActionCompleted, ActionFailed, FailureClass } from '@techno/contracts';
import { type JsonReply, problem } from '@techno/http';
import { assertNever } from '@techno/kernel';

/** The answer to an action that was done. The status word is the one that reads of the action give. */
export function answerCompleted(completed: ActionCompleted): JsonReply {
  return {
    status: 200,
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
export function answerFailed(failed: ActionFailed): JsonReply {
  const unknown = failed.status === 'UNKNOWN';
  return problem({
    status: unknown ? 502 : statusOf(failed.error.class),
    code: unknown ? 'ACTION_OUTCOME_UNKNOWN' : failed.error.code,
    detail: failed.error.message,
    traceId: failed.trace_id,
    extensions: {
      action_status: failed.status,
      executor_id: failed.executor_id,
      execution_time_ms: failed.execution_time_ms,
      ...(failed.partial === undefined ? {} : { partial: failed.partial }),
    },
  });
}

function statusOf(failure: FailureClass): number {
  switch (failure) {
    case 'timeout':
      return 504;
    case 'upstream':
    case 'result':
      return 502;
    case 'input':
      return 422;
    case 'internal':
      return 500;
    default:
      return assertNever(failure);
  }
}
