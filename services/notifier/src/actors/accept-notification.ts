import { type Actor, defineActor } from '@techno/actor';
import { notificationAccepted, notificationRefused, notificationRequested, type NotificationRequested } from '@techno/contracts';
import { SECOND, TerminalError } from '@techno/kernel';
import type { Accepter } from '../accept.ts';

/** Commits what is to be sent, then says so to who waits. What could never be sent goes to the dead letters with its reason. */
export const acceptNotification = (deps: {
  accepter: Accepter;
  pausedUntil: () => number | undefined;
}): Actor<NotificationRequested> =>
  defineActor<NotificationRequested>({
    name: 'accept-notification',
    receives: notificationRequested,
    concurrency: 32,
    // Two messages to one person are committed, and so sent, in the order in which they came.
    keyedBy: ({ request }) => JSON.stringify(request.recipients[0]),
    leaseMs: 15 * SECOND,
    retryDelaysMs: [1, 5, 15, 60].map((seconds) => seconds * SECOND),
    pausedUntil: deps.pausedUntil,
    async handle(message, context) {
      const { notification_id: asked, trace_id } = message;
      try {
        const { deliveries } = await deps.accepter.accept(message, context.traceparent);
        context.conclude(notificationAccepted, { asked, trace_id, deliveries });
      } catch (error) {
        // Who waits makes it the failure of its own action: in the dead letters it would be there twice.
        if (message.awaited !== true || !(error instanceof TerminalError)) throw error;
        context.conclude(notificationRefused, { asked, trace_id, code: error.code, message: error.message });
      }
    },
    async onDeadLetter(message, { code, message: why }, context) {
      context.conclude(notificationRefused, { asked: message.notification_id, trace_id: message.trace_id, code, message: why });
    },
  });
