import { type ChannelName, type NotificationRequest, type NotificationRequested, SEVERITIES } from '@techno/contracts';
import { type Clock, rfc3339, SECOND, TerminalError } from '@techno/kernel';
import type { Contacts, NewDelivery, Notifications } from '@techno/storage';
import { channelOrder } from './delivery/plan.ts';
import { contactOf, recipientKey } from './recipients.ts';
import type { Words } from './words.ts';

export interface AcceptDeps {
  readonly notifications: Notifications;
  readonly contacts: Contacts;
  readonly words: Words;
  readonly clock: Clock;
  readonly onAccepted: (channels: readonly ChannelName[]) => void;
}

export interface Accepter {
  /** Whether it could be sent as it is: every word in every channel it may take. Throws TerminalError with the reason. */
  check(request: NotificationRequest): Promise<{ deliveries: number }>;
  /** Checks and commits, once. `traceparent`: where the commit is seen. */
  accept(asked: NotificationRequested, traceparent?: string): Promise<{ deliveries: number }>;
}

export function createAccepter({ notifications, contacts, words, clock, onAccepted }: AcceptDeps): Accepter {
  async function plan(request: NotificationRequest) {
    const version = await words.versionFor(request);
    const ids = request.recipients.filter((one) => typeof one === 'string');
    const known = await contacts.find(ids);
    const missing = ids.find((id) => !known.has(id));
    if (missing !== undefined) throw new TerminalError('CONTACT_UNKNOWN', `there is no contact '${missing}'`);
    const rendered = new Set<string>();
    const planned = new Map<
      string,
      { given: Exclude<NotificationRequest['recipients'][number], string> | undefined; channels: ChannelName[] }
    >();
    for (const recipient of request.recipients) {
      const contact = typeof recipient === 'string' ? known.get(recipient)?.contact : contactOf(recipient);
      if (contact === undefined) continue;
      const channels = channelOrder(
        contact,
        request.severity,
        typeof recipient === 'string' ? request.channels : [recipient.channel],
      );
      for (const channel of channels) {
        const key = `${contact.locale} ${channel}`;
        if (contact.addresses[channel] === undefined || rendered.has(key)) continue;
        // Refused now rather than half-rendered later.
        await words.of(request, version, contact.locale, channel);
        rendered.add(key);
      }
      planned.set(recipientKey(recipient), { given: typeof recipient === 'string' ? undefined : recipient, channels });
    }
    // Nobody has an address: the words are checked all the same.
    if (rendered.size === 0) await words.of(request, version, 'en', 'email');
    return { version, planned };
  }

  return {
    async check(request) {
      return { deliveries: (await plan(request)).planned.size };
    },
    async accept({ notification_id: id, trace_id: traceId, principal, context_id: contextId, request }, traceparent) {
      const { version, planned } = await plan(request);
      const now = clock.now();
      const acceptedAt = new Date(now);
      const { severity, dedupe, digest } = request;
      const deliveries = [...planned].map(([recipient, { given, channels }], index): NewDelivery => ({
        id: `dlv_${id.slice('ntf_'.length)}_${index}`,
        recipient,
        given,
        severity,
        urgency: SEVERITIES.indexOf(severity),
        channels,
        tier: 'fast',
        dueAt: acceptedAt,
        dedupe: dedupe && { key: dedupe.key, since: new Date(now - dedupe.window_seconds * SECOND) },
        digest: digest && { key: digest.key, until: new Date(now + digest.window_seconds * SECOND) },
      }));
      await notifications.accept(
        { id, traceId, principal, contextId, request, templateVersion: version, acceptedAt, traceparent },
        deliveries,
        (delivery, code) => [
          {
            type: 'notification.failed',
            body: {
              notification_id: id,
              delivery_id: delivery.id,
              trace_id: traceId,
              channel: delivery.channels[0],
              status: 'SKIPPED',
              attempts: 0,
              fallbacks: 0,
              code,
              at: rfc3339(now),
            },
          },
        ],
      );
      onAccepted([...new Set(deliveries.flatMap(({ channels }) => channels.slice(0, 1)))]);
      return { deliveries: deliveries.length };
    },
  };
}
