import type { Delivery } from '@techno/storage';
import type { Tracer } from '@techno/telemetry';
import type { Channel } from '../channels/channel.ts';
import type { CallResult } from './intake.ts';

/** A call to a provider is under way; call what this gives when it has ended. */
export type OnCall = (delivery: Delivery, channel: Channel, attempt: number) => ((result: CallResult) => void) | undefined;

/**
 * Shows each call to a provider as a `client` span. It may come hours after the request: it hangs below the root of the trace,
 * which the record knows by its id.
 */
export function callSpans(tracer: Pick<Tracer, 'isRecorded' | 'start' | 'rootOf'>): OnCall {
  return ({ id, notificationId, traceId }, { name, provider }, attempt) => {
    const parent = tracer.rootOf(traceId);
    if (!tracer.isRecorded(parent)) return undefined;
    const span = tracer.start(`send ${name}`, {
      kind: 'client',
      parent,
      attributes: {
        'techno.channel': name,
        'techno.provider': provider,
        'techno.notification_id': notificationId,
        'techno.delivery_id': id,
        'techno.attempt': attempt,
      },
    });
    return (result) => {
      span.setAttributes({ 'techno.class': result.class });
      if (result.class !== 'ACCEPTED') span.recordError(result.code, result.code);
      span.end();
    };
  };
}
