import {
  authorize,
  checkNotification,
  deliveryStatus,
  findNotification,
  listNotifications,
  notificationRequest,
  notificationView,
} from '@techno/contracts';
import { defineRoute, HttpProblem, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { TemporaryError } from '@techno/kernel';
import { z } from 'zod';
import { credentialOf, type FindCaller } from '../callers.ts';
import { accepted, type ProcessDeps, submitAction } from './process.ts';

const body = z.object({ context_id: z.string().max(256).default('default'), notification: notificationRequest });

const answered = z.object({
  trace_id: z.string(),
  status: z.literal('COMPLETED'),
  result: z.object({ notification_id: z.string(), deliveries: z.number().int() }),
  executor_id: z.string(),
  execution_time_ms: z.number(),
});

/** Telling people something, and reading what became of it. */
export function notificationRoutes({
  bus,
  caller,
  processing,
}: {
  bus: Bus;
  caller: FindCaller;
  processing: ProcessDeps;
}): Route[] {
  const shared = { tags: ['notifications'], security: 'credential' as const };
  return [
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/notifications',
      operationId: 'notify',
      summary: 'Have people told something',
      description:
        'Submits the action `notify`, which passes the gates like any other. 200 means that the notification is committed; what becomes of ' +
        'it is read with GET /v1/notifications/{id}. Prefer and Idempotency-Key work as for POST /v1/process.',
      body,
      responses: {
        200: { description: 'Committed', schema: answered },
        202: { description: 'The request is committed and will be decided; the result is at Location', schema: accepted },
        403: { description: 'The gates denied it; `reason_codes` says why' },
        422: {
          description: 'It could never be sent as it is: unknown template or contact, missing variable, bad address, too long',
        },
        429: { description: 'The rate or quota is used up; see Retry-After' },
        503: { description: 'Nothing was accepted; see Retry-After' },
      },
      async handler(context) {
        const { context_id, notification } = context.body;
        const credential = credentialOf(context, processing.pepper);
        // Strangers learn nothing of templates and contacts.
        await request(bus, authorize, { credential, address: context.address });
        await check(bus, notification);
        const { header, address, bytes, rawBody, signal, traceId, receivedAtMs } = context;
        const action = { action: 'notify', context_id, payload: notification };
        return submitAction(
          { header, address, bytes, rawBody, signal, traceId, receivedAtMs, body: action },
          '/v1/notifications',
          processing,
        );
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/notifications',
      operationId: 'listNotifications',
      summary: 'Notifications with their deliveries, newest first',
      query: z.object({
        status: deliveryStatus.optional().describe('With a delivery in that state'),
        recipient: z.string().max(256).optional(),
        cursor: z.string().max(200).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
      }),
      responses: {
        200: {
          description: 'A page',
          schema: z.object({ notifications: z.array(notificationView), next: z.string().optional() }),
        },
      },
      async handler(context) {
        const { onlyOf } = await caller(context, 'actions:read');
        const { cursor, ...filter } = context.query;
        return { status: 200, body: await request(bus, listNotifications, { ...filter, principal: onlyOf, before: cursor }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/notifications/{id}',
      operationId: 'getNotification',
      summary: 'A notification with every delivery and every attempt',
      params: z.object({ id: z.string().max(200) }),
      responses: {
        200: { description: 'The notification', schema: notificationView },
        404: { description: 'No such notification, or not yours' },
      },
      async handler(context) {
        const { onlyOf } = await caller(context, 'actions:read');
        const { id } = context.params;
        const { notification } = await request(bus, findNotification, { id, principal: onlyOf });
        if (notification === undefined) {
          throw new HttpProblem(404, 'NOTIFICATION_NOT_FOUND', { detail: `there is no notification ${id} that you may see` });
        }
        return { status: 200, body: notification };
      },
    }),
  ];
}

/** Refused now rather than later. A notifier that is away judges it when it is back. */
async function check(bus: Bus, notification: z.output<typeof notificationRequest>): Promise<void> {
  try {
    await request(bus, checkNotification, { request: notification });
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error;
  }
}
