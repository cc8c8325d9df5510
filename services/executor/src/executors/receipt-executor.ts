import { channelName } from '@techno/contracts';
import { type Clock, rfc3339, TerminalError } from '@techno/kernel';
import { z } from 'zod';
import type { NotifierPort } from '../notifier-port.ts';
import { abortError, type Executor, idempotencyKey, throwIfAborted } from './executor.ts';

const payload = z.object({ channel: channelName.default('whatsapp'), report: z.unknown() });

/**
 * Takes what a provider reports about messages to the notifier. It comes in as a verified webhook, wrapped as `report`, and is done when
 * the notifier has committed it. Throws INPUT_INVALID, NOTIFIER_SILENT.
 */
export function receiptExecutor({ notifier, clock }: { notifier: Pick<NotifierPort, 'receipt'>; clock: Clock }): Executor {
  return {
    name: 'receipt_executor_v1',
    effect: () => 'keyed',
    async execute(call) {
      throwIfAborted(call.signal);
      const parsed = payload.safeParse(call.payload);
      if (!parsed.success) throw new TerminalError('INPUT_INVALID', 'the payload is no report of a provider');
      try {
        const answer = await notifier.receipt(
          {
            receipt_id: `rcp_${idempotencyKey(call).slice('tr_'.length)}`,
            trace_id: call.traceId,
            channel: parsed.data.channel,
            report: parsed.data.report,
            received_at: rfc3339(clock.now()),
          },
          { traceparent: call.carrier.traceparent, signal: call.signal },
        );
        return { result: { receipts: answer.deliveries } };
      } catch (error) {
        throw call.signal.aborted ? abortError(call.signal) : error;
      }
    },
  };
}
