import {
  type ActionCompleted,
  actionCompleted,
  type ActionDenied,
  actionDenied,
  type ActionFailed,
  actionFailed,
} from '@techno/contracts';
import { assertNever } from '@techno/kernel';
import type { ActionEnding, RunOutcome } from '@techno/storage';

const MESSAGE_LENGTH = 500;

/** What an executor or the gates say about an action of ours, the moment it ends. Undefined: it says nothing about an end. */
export function outcomeOfReply(type: string, body: unknown): RunOutcome | undefined {
  // Only our own services may publish to this subject, and they parsed what they send.
  switch (type) {
    case actionCompleted.type: {
      const { trace_id: traceId, finished_at } = body as ActionCompleted;
      return { traceId, status: 'completed', finishedAt: new Date(finished_at), told: true };
    }
    case actionFailed.type: {
      const { trace_id: traceId, finished_at, status, error } = body as ActionFailed;
      return {
        traceId,
        status: statusOf(status),
        finishedAt: new Date(finished_at),
        reason: error.code,
        errorMessage: error.message.slice(0, MESSAGE_LENGTH),
        told: true,
      };
    }
    case actionDenied.type: {
      const { trace_id: traceId, decision, reason_codes, message } = body as ActionDenied;
      return {
        traceId,
        status: 'denied',
        finishedAt: new Date(decision.decided_at),
        reason: reason_codes.join(','),
        errorMessage: message.slice(0, MESSAGE_LENGTH),
        told: true,
      };
    }
    default:
      return undefined;
  }
}

/** The same from the record of actions, for what was not heard. */
export function outcomeOfRecord({ traceId, status, finishedAt, reasonCodes, error }: ActionEnding, now: Date): RunOutcome {
  const ended = statusOf(status as Parameters<typeof statusOf>[0]);
  return {
    traceId,
    status: ended,
    finishedAt: finishedAt ?? now,
    reason: ended === 'completed' ? undefined : ended === 'denied' ? reasonCodes.join(',') : error?.code,
    errorMessage: ended === 'completed' ? undefined : error?.message?.slice(0, MESSAGE_LENGTH),
    told: true,
  };
}

/** The status of a run whose action has that one. */
function statusOf(action: 'COMPLETED' | 'FAILED' | 'UNKNOWN' | 'DENIED' | 'DEAD_LETTERED'): RunOutcome['status'] {
  switch (action) {
    case 'COMPLETED':
      return 'completed';
    case 'FAILED':
      return 'failed';
    case 'UNKNOWN':
      return 'unknown';
    case 'DENIED':
      return 'denied';
    case 'DEAD_LETTERED':
      return 'dead_lettered';
    default:
      return assertNever(action);
  }
}
