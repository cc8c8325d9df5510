import type { ActionView } from '@techno/contracts';
import { type JsonReply, problem } from '@techno/http';

/**
 * The answer to a repeat whose first answer was never given, because the gateway that owed it died: made from the record,
 * with the same status and code as the first would have had. Undefined while the action has not ended.
 */
export function answerFromRecord(action: ActionView): JsonReply | undefined {
  const { trace_id: traceId, executor_id, execution_time_ms } = action;
  switch (action.status) {
    case 'ACCEPTED':
    case 'ALLOWED':
      return undefined;
    case 'COMPLETED':
      return {
        status: 200,
        body: { trace_id: traceId, status: 'COMPLETED', result: action.result ?? null, executor_id, execution_time_ms },
      };
    case 'DENIED': {
      const { reason_codes = ['GATE_ERROR'], gate } = action;
      const [code = 'GATE_ERROR'] = reason_codes;
      return problem({ status: 403, code, traceId, extensions: { error: 'GATE_DENIED', reason_codes, gate } });
    }
    case 'FAILED':
    case 'UNKNOWN':
    case 'DEAD_LETTERED': {
      const error = action.error as { code?: string; message?: string } | undefined;
      const code = action.status === 'UNKNOWN' ? 'ACTION_OUTCOME_UNKNOWN' : (error?.code ?? 'INTERNAL');
      return problem({
        status: 502,
        code,
        detail: error?.message,
        traceId,
        extensions: { action_status: action.status, executor_id },
      });
    }
  }
}
