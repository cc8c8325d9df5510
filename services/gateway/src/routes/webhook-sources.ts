import { defineRoute, HttpProblem, type Route } from '@techno/http';
import type { WebhookSources } from '@techno/storage';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';
import type { LiveSources } from '../live-sources.ts';
import { webhookSource, webhookSourceName } from '../webhooks/source.ts';

const view = z.object({
  source: z.string(),
  scheme: z.string(),
  header: z.string().optional(),
  action: z.string(),
  context_id: z.string(),
  payload: z.unknown(),
  enabled: z.boolean(),
  secrets: z.number().int().describe('How many are live; they are never read back'),
});

/** Where webhooks may come from. For roles with `webhooks:admin`. */
export function webhookSourceRoutes({
  sources,
  store,
  caller,
}: {
  sources: LiveSources;
  store: WebhookSources;
  caller: FindCaller;
}): Route[] {
  const shared = { tags: ['webhooks'], security: 'credential' as const };
  const params = z.object({ source: webhookSourceName });
  return [
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/webhooks',
      operationId: 'listWebhookSources',
      summary: 'List the sources',
      responses: { 200: { description: 'All sources', schema: z.object({ sources: z.array(view) }) } },
      async handler(context) {
        await caller(context, 'webhooks:admin');
        return { status: 200, body: { sources: sources.all() } };
      },
    }),
    defineRoute({
      ...shared,
      method: 'PUT',
      path: '/v1/webhooks/{source}',
      operationId: 'putWebhookSource',
      summary: 'Make or change a source; every replica follows within a second',
      params,
      body: webhookSource,
      responses: { 200: { description: 'Stored', schema: view } },
      async handler(context) {
        await caller(context, 'webhooks:admin');
        const { source } = context.params;
        await sources.put(source, context.body);
        return { status: 200, body: sources.all().find((one) => one.source === source) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      path: '/v1/webhooks/{source}',
      operationId: 'deleteWebhookSource',
      summary: 'Remove a source',
      params,
      responses: { 204: { description: 'Removed' }, 404: { description: 'No such source' } },
      async handler(context) {
        await caller(context, 'webhooks:admin');
        const removed = await sources.remove(context.params.source);
        if (!removed)
          throw new HttpProblem(404, 'WEBHOOK_SOURCE_UNKNOWN', {
            detail: 'there is no webhook source of this name',
            traceId: context.traceId,
          });
        return { status: 204 };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/webhook-rejections',
      operationId: 'listWebhookRejections',
      summary: 'Why deliveries were refused, newest first; never what was in them',
      query: z.object({ source: webhookSourceName.optional(), limit: z.coerce.number().int().min(1).max(500).default(50) }),
      responses: {
        200: {
          description: 'Rejections',
          schema: z.object({
            rejections: z.array(
              z.object({
                source: z.string(),
                reason: z.string(),
                message_id: z.string().optional(),
                bytes: z.number().int(),
                rejected_at: z.string(),
              }),
            ),
          }),
        },
      },
      async handler(context) {
        await caller(context, 'webhooks:admin');
        const rows = await store.rejections(context.query.source, context.query.limit);
        return {
          status: 200,
          body: {
            rejections: rows.map((row) => ({
              source: row.source,
              reason: row.reason,
              message_id: row.messageId,
              bytes: row.bytes,
              rejected_at: row.rejectedAt,
            })),
          },
        };
      },
    }),
  ];
}
