import {
  checkNotification,
  type DeliveryView,
  findNotification,
  listNotifications,
  type NotificationView,
} from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import type { Notifications, StoredDelivery, StoredNotification } from '@techno/storage';
import type { Accepter } from '../accept.ts';
import { hasArrived } from '../delivery/news.ts';

/** What became of notifications, with every attempt. */
export function notificationRequests({
  notifications,
  accepter,
}: {
  notifications: Notifications;
  accepter: Accepter;
}): Endpoint[] {
  return [
    endpoint(checkNotification, ({ request }) => accepter.check(request)),
    endpoint(findNotification, async ({ id, principal }) => {
      const found = await notifications.find(id);
      // Somebody else's looks like one that does not exist.
      const visible = found !== undefined && (principal === undefined || found.principal === principal);
      return { notification: visible ? viewOf(found) : undefined };
    }),
    endpoint(listNotifications, async ({ limit, ...filter }) => {
      const rows = await notifications.list({ ...filter, limit: limit + 1 });
      const page = rows.slice(0, limit);
      return { notifications: page.map(viewOf), next: rows.length > limit ? page.at(-1)?.id : undefined };
    }),
  ];
}

function viewOf(stored: StoredNotification): NotificationView {
  const { id, traceId, principal, contextId, request, templateVersion, acceptedAt, deliveries } = stored;
  const open = deliveries.some(({ settled_at: settledAt }) => settledAt === null);
  const arrived = deliveries.filter(({ state }) => hasArrived(state)).length;
  const last = deliveries.flatMap(({ settled_at: settledAt }) => settledAt ?? []).toSorted((a, b) => a.getTime() - b.getTime());
  return {
    id,
    trace_id: traceId,
    status: open ? 'PENDING' : arrived === deliveries.length ? 'DELIVERED' : arrived > 0 ? 'PARTIAL' : 'FAILED',
    severity: request.severity,
    template:
      request.template === undefined || templateVersion === undefined
        ? undefined
        : { name: request.template.name, version: templateVersion },
    principal,
    context_id: contextId,
    accepted_at: acceptedAt.toISOString(),
    settled_at: open ? undefined : last.at(-1)?.toISOString(),
    deliveries: deliveries.map(deliveryViewOf),
  };
}

function deliveryViewOf(delivery: StoredDelivery): DeliveryView {
  const time = (at: Date | null) => at?.toISOString();
  return {
    id: delivery.id,
    recipient: delivery.recipient,
    status: delivery.state,
    channel: delivery.channel ?? undefined,
    channels: delivery.channels,
    code: delivery.code ?? undefined,
    due_at: time(delivery.due_at),
    sent_at: time(delivery.sent_at),
    delivered_at: time(delivery.delivered_at),
    read_at: time(delivery.read_at),
    settled_at: time(delivery.settled_at),
    digest_of: delivery.digest_of ?? undefined,
    attempts: delivery.attempts.map((attempt) => ({
      number: attempt.number,
      channel: attempt.channel,
      provider: attempt.provider ?? undefined,
      started_at: attempt.started_at.toISOString(),
      finished_at: time(attempt.finished_at),
      class: attempt.class ?? undefined,
      code: attempt.code ?? undefined,
      spent: attempt.spent,
      provider_message_id: attempt.provider_message_id ?? undefined,
      receipt: attempt.receipt ?? undefined,
      receipt_at: time(attempt.receipt_at),
    })),
  };
}
