import { envelope, type Transport } from '@techno/actor';
import { notificationRequest, notificationRequested } from '@techno/contracts';
import { type Clock, rfc3339 } from '@techno/kernel';
import type { Notice } from '../jobs/job.ts';

/** Resolves when the bus has stored all of them. Throws TemporaryError NATS_UNAVAILABLE: then some may be stored. */
export type Notify = (notices: readonly Notice[], from: { traceId: string; traceparent: string }) => Promise<void>;

/** Published and not yet acknowledged. */
const AT_ONCE = 256;

/** Hands notices to the notifier, under ids made from their keys: what is asked for twice goes out once. */
export function createNotify({ transport, clock }: { transport: Pick<Transport, 'publish'>; clock: Clock }): Notify {
  return async (notices, { traceId, traceparent }) => {
    for (let start = 0; start < notices.length; start += AT_ONCE) {
      const batch = notices.slice(start, start + AT_ONCE).map(({ key, principal, contextId, request }) => {
        const now = rfc3339(clock.now());
        const body = {
          notification_id: `ntf_${key}`,
          trace_id: traceId,
          principal,
          context_id: contextId,
          request: notificationRequest.parse(request),
          requested_at: now,
        };
        return envelope(notificationRequested, body, { causeId: key, source: 'scheduler', traceparent, now });
      });
      await Promise.all(batch.map((message) => transport.publish(message)));
    }
  };
}
