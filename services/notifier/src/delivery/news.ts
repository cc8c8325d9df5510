import { type DeliveryStatus, type NotificationNews } from '@techno/contracts';
import { rfc3339 } from '@techno/kernel';
import type { Delivery, News, Transition } from '@techno/storage';

/** What is told of a change: that a provider took it, and how it ended. */
export function newsOf(
  delivery: Pick<Delivery, 'channels' | 'attempts' | 'provider'>,
  transition: Transition,
  skips: number,
  nowMs: number,
): (one: Pick<Delivery, 'id' | 'notificationId' | 'traceId'>) => News[] {
  return ({ id, notificationId, traceId }) => {
    const body: NotificationNews = {
      notification_id: notificationId,
      delivery_id: id,
      trace_id: traceId,
      channel: delivery.channels[transition.position],
      provider: transition.provider ?? undefined,
      status: transition.state,
      attempts: delivery.attempts + skips,
      fallbacks: transition.position,
      code: transition.code ?? undefined,
      at: rfc3339(nowMs),
    };
    const news: News[] = [];
    if (transition.sentAt !== undefined) news.push({ type: 'notification.dispatched', body });
    if (transition.settledAt !== null)
      news.push({ type: hasArrived(transition.state) ? 'notification.delivered' : 'notification.failed', body });
    return news;
  };
}

export function hasArrived(state: DeliveryStatus): boolean {
  return state === 'SENT' || state === 'DELIVERED' || state === 'READ';
}
