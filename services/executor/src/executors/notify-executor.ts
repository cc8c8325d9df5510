import { notificationRequest } from '@techno/contracts';
import { type Clock, rfc3339, TerminalError } from '@techno/kernel';
import type { NotifierPort } from '../notifier-port.ts';
import { abortError, type Executor, type ExecutorCall, idempotencyKey, throwIfAborted } from './executor.ts';

/**
 * Has people told something: the payload is a notification request. Done when the notifier has committed it; what becomes of it then is
 * read with GET /v1/notifications/{id}. Throws INPUT_INVALID, NOTIFIER_SILENT and what the notifier refuses with.
 */
export function notifyExecutor({ notifier, clock }: { notifier: Pick<NotifierPort, 'request'>; clock: Clock }): Executor {
  return {
    name: 'notify_executor_v1',
    // The notifier takes an id once.
    effect: () => 'keyed',
    async execute(call) {
      throwIfAborted(call.signal);
      const parsed = notificationRequest.safeParse(call.payload);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        throw new TerminalError(
          'INPUT_INVALID',
          `${issue?.path.join('.') || 'the payload'}: ${issue?.message ?? 'is no notification'}`,
        );
      }
      const id = notificationId(call);
      try {
        const answer = await notifier.request(
          {
            notification_id: id,
            trace_id: call.traceId,
            principal: call.principal.id,
            context_id: call.contextId,
            request: parsed.data,
            requested_at: rfc3339(clock.now()),
            awaited: true,
          },
          { traceparent: call.carrier.traceparent, signal: call.signal },
        );
        return { result: { notification_id: id, deliveries: answer.deliveries } };
      } catch (error) {
        throw call.signal.aborted ? abortError(call.signal) : error;
      }
    },
  };
}

/** Sorts by time, as the trace does. */
function notificationId(call: Pick<ExecutorCall, 'traceId' | 'step'>): string {
  return `ntf_${idempotencyKey(call).slice('tr_'.length)}`;
}
