import { defineRoute, HttpProblem, parseStrictJson, type Route } from '@techno/http';
import { type Clock, errorCode, rfc3339 } from '@techno/kernel';
import type { WebhookSources } from '@techno/storage';
import type { Metrics } from '@techno/telemetry';
import { z } from 'zod';
import type { Acceptor } from '../accept.ts';
import type { AnswerLog } from '../answer-log.ts';
import { requestFingerprint } from '../edge/idempotency-key.ts';
import type { LiveSources } from '../live-sources.ts';
import { WEBHOOK_REJECTIONS } from '../webhooks/scheme.ts';
import { webhookSchemes } from '../webhooks/schemes/index.ts';
import { toPayload } from '../webhooks/source.ts';
import { accepted, later } from './process.ts';

export interface WebhookDeliveryDeps {
  readonly sources: LiveSources;
  readonly store: Pick<WebhookSources, 'reject' | 'rejectionsPending'>;
  readonly acceptor: Acceptor;
  readonly answers: AnswerLog;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** Rejections kept at most while the database takes them; a flood beyond it is only counted. */
const MAX_REJECTIONS_PENDING = 1_000;

/** `POST /v1/webhooks/{source}`: verified on the raw bytes before anything is parsed, committed before the 202. */
export function webhookDeliveryRoute(deps: WebhookDeliveryDeps): Route {
  const reject = (source: string, known: boolean, reason: string, messageId: string | undefined, bytes: number) => {
    // An unknown name is the caller's invention, and must not become a label.
    deps.metrics.requests.webhookRejected(known ? source : 'unknown', reason);
    if (known && deps.store.rejectionsPending < MAX_REJECTIONS_PENDING)
      void deps.store.reject({ source, reason, messageId: messageId?.slice(0, 255), bytes }).catch(() => {});
  };

  return defineRoute({
    method: 'POST',
    path: '/v1/webhooks/{source}',
    operationId: 'deliverWebhook',
    summary: 'Deliver a signed webhook',
    description:
      'The signature is verified on the exact bytes by the scheme of the source. The same signed message within 24 hours has no second effect and gets the same 202.',
    tags: ['webhooks'],
    security: 'none',
    params: z.object({ source: z.string() }),
    rawBody: true,
    responses: {
      202: { description: 'Committed', schema: accepted },
      400: { description: 'Signed, but no JSON' },
      401: { description: 'The signature does not hold; `code` says why' },
      404: { description: 'There is no such source' },
      503: { description: 'Nothing was accepted; see Retry-After' },
    },
    async handler({ params, rawBody, bytes, header, address, traceId, receivedAtMs }) {
      const source = deps.sources.find(params.source);
      if (source === undefined || !source.enabled) {
        reject(params.source, source !== undefined, 'WEBHOOK_SOURCE_UNKNOWN', undefined, bytes);
        throw new HttpProblem(404, 'WEBHOOK_SOURCE_UNKNOWN', {
          detail: 'there is no enabled webhook source of this name',
          traceId,
        });
      }
      const verified = webhookSchemes[source.scheme].verify({
        rawBody,
        header,
        secrets: source.secrets,
        nowMs: deps.clock.now(),
        headerName: source.header,
      });
      if (!verified.ok) {
        reject(params.source, true, verified.reason, header('webhook-id'), bytes);
        throw new HttpProblem(401, verified.reason, { detail: WEBHOOK_REJECTIONS[verified.reason], traceId });
      }
      let payload: unknown;
      try {
        payload = toPayload(source, parseStrictJson(rawBody));
      } catch (error) {
        reject(params.source, true, errorCode(error), header('webhook-id'), bytes);
        throw error;
      }
      const submitted = await deps.acceptor.accept({
        traceId,
        origin: 'webhook',
        route: '/v1/webhooks/{source}',
        credential: { kind: 'webhook', source: params.source },
        address,
        request: { action: source.action, context_id: source.context_id, payload },
        bytes,
        fingerprint: requestFingerprint('POST', `/v1/webhooks/${params.source}`, rawBody),
        messageId: verified.messageId,
        link: header('traceparent'),
      });
      if (submitted.kind === 'accepted') {
        submitted.span.setAttributes({ 'http.response.status_code': 202 });
        submitted.span.end();
        const now = deps.clock.now();
        deps.answers.add({
          trace_id: submitted.traceId,
          status: 202,
          at: rfc3339(now),
          duration_ms: Math.max(0, now - receivedAtMs),
        });
      }
      return later(submitted.traceId, '');
    },
  });
}
