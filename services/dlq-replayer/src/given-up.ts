import { envelope, type Transport } from '@techno/actor';
import { notificationRequest, notificationRequested, type PolicyDocument } from '@techno/contracts';
import { HOUR, rfc3339 } from '@techno/kernel';
import type { DeadLetterRow } from '@techno/storage';
import type { Logger, Tracer } from '@techno/telemetry';

/** Tells the policy's contacts of permanent failures: one message for each cause, and for each cause one in an hour. */
export function tellOfPermanentFailures({
  transport,
  tracer,
  log,
  now,
}: {
  transport: Transport;
  tracer: Tracer;
  log: Logger;
  now: () => number;
}) {
  return async (rows: readonly DeadLetterRow[], policy: PolicyDocument): Promise<void> => {
    const bySignature = Map.groupBy(rows, ({ errorSignature }) => errorSignature);
    for (const [signature, group] of bySignature) {
      const [sample] = group;
      if (sample === undefined) continue;
      log.error(
        { cause: signature, actor: sample.actor, code: sample.errorCode, count: group.length },
        'dead_letters.permanent_failure',
      );
      if (policy.deadLetters.notify.length === 0) continue;
      // What belongs to no trace begins one.
      const root = sample.traceId === undefined ? tracer.startRoot('tell of a permanent failure', 'internal') : undefined;
      const traceId = sample.traceId ?? root?.traceId ?? '';
      const at = rfc3339(now());
      const body = {
        notification_id: `ntf_dlq.${sample.id}.${sample.replay}`,
        trace_id: traceId,
        principal: 'dlq-replayer',
        context_id: 'default',
        requested_at: at,
        request: notificationRequest.parse({
          recipients: policy.deadLetters.notify,
          severity: 'high',
          text: {
            subject: `Permanent failure: ${sample.errorCode} (${sample.jobName})`.slice(0, 200),
            body: `${group.length} message(s) of ${sample.actor} failed for good with ${sample.errorCode}; automatic replays are used up. techno dlq show ${sample.id}`,
          },
          dedupe: { key: `dlq.${signature}`, window_seconds: HOUR / 1_000 },
        }),
      };
      const message = envelope(notificationRequested, body, {
        causeId: `dlq.${sample.id}.${sample.replay}`,
        source: 'dlq-replayer',
        traceparent: root?.traceparent ?? tracer.rootOf(traceId),
        now: at,
      });
      await transport.publish(message).finally(() => root?.end());
    }
  };
}
