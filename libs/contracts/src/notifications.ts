import { z } from 'zod';
import { defineMessage } from './message.ts';

const time = z.string();
const traceId = z.string().regex(/^tr_[0-9a-f]{32}$/);

/** In the order in which they are tried where nobody said otherwise. */
export const CHANNELS = ['whatsapp', 'email', 'sms', 'webhook'] as const;
export const channelName = z.enum(CHANNELS);
export type ChannelName = z.infer<typeof channelName>;

/** From `high` on a message that finds no way is kept for hours; `critical` also passes quiet hours. */
export const SEVERITIES = ['low', 'normal', 'high', 'critical'] as const;
export const severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severity>;

const contactId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'letters, digits, "_", "." and "-", at most 128');
const windowKey = z.strictObject({
  key: z.string().min(1).max(128),
  window_seconds: z
    .number()
    .int()
    .min(1)
    .max(7 * 86_400),
});

/** A contact by its id, or an address given outright. */
export const recipient = z.union([
  contactId,
  z.strictObject({
    channel: channelName,
    address: z.string().min(1).max(2_048),
    locale: z.string().max(35).optional(),
    time_zone: z.string().max(64).optional(),
  }),
]);
export type Recipient = z.infer<typeof recipient>;

export const notificationRequest = z
  .strictObject({
    recipients: z.array(recipient).min(1).max(100).describe('Contact ids, or addresses given outright'),
    template: z
      .strictObject({
        name: z.string().max(64),
        version: z.number().int().positive().optional().describe('Default: the newest'),
        data: z.record(z.string(), z.unknown()).default({}),
      })
      .optional(),
    text: z
      .strictObject({ subject: z.string().min(1).max(200).optional(), body: z.string().min(1).max(100_000) })
      .optional()
      .describe('Instead of a template'),
    severity: severity.default('normal'),
    channels: z.array(channelName).min(1).optional().describe("Only these, in this order; default: the contact's own order"),
    media: z
      .strictObject({
        url: z.url({ protocol: /^https?$/ }),
        kind: z.enum(['image', 'video', 'audio', 'document']),
        name: z.string().max(128).optional(),
      })
      .optional()
      .describe('Sent along where the channel can, linked to where it cannot'),
    dedupe: windowKey.optional().describe('A second one of this key to the same recipient within the window is not sent'),
    digest: windowKey.optional().describe('Those of this key to the same recipient within the window are sent as one message'),
    receipt_timeout_seconds: z.number().int().min(1).max(86_400).optional().describe('How long to wait for DELIVERED'),
  })
  .check((context) => {
    const { template, text } = context.value;
    if ((template === undefined) === (text === undefined))
      context.issues.push({ code: 'custom', path: [], message: 'give either template or text', input: undefined });
  });
export type NotificationRequest = z.infer<typeof notificationRequest>;
export type NotificationRequestInput = z.input<typeof notificationRequest>;

/** Somebody is to be told something. Committed by the notifier before it answers `notification.accepted`. */
export const notificationRequested = defineMessage({
  type: 'notification.requested',
  stream: 'NOTIFICATIONS',
  pattern: 'notification.requested',
  subject: (_body: NotificationRequested) => 'notification.requested',
  owners: ['executor', 'scheduler', 'dlq-replayer'],
  schema: z.object({
    /** Made from the trace, so that asking twice is asking once. */
    notification_id: z.string().regex(/^ntf_[A-Za-z0-9_.-]{1,160}$/),
    trace_id: traceId,
    principal: z.string(),
    context_id: z.string(),
    request: notificationRequest,
    requested_at: time,
    /** Whoever asked waits for the answer, and deals with a refusal; otherwise it goes to the dead letters. */
    awaited: z.boolean().optional(),
  }),
});
export type NotificationRequested = {
  notification_id: string;
  trace_id: string;
  principal: string;
  context_id: string;
  request: NotificationRequest;
  requested_at: string;
  awaited?: boolean | undefined;
};

/** Committed: it will reach a terminal state whatever happens to the bus. */
export const notificationAccepted = defineMessage({
  type: 'notification.accepted',
  stream: 'NOTIFICATIONS',
  pattern: 'notification.accepted',
  subject: (_body: NotificationAnswer) => 'notification.accepted',
  owners: ['notifier'],
  schema: z.object({ asked: z.string(), trace_id: traceId, deliveries: z.number().int() }),
});
/** `asked`: the id of the notification or batch of receipts that this answers. */
export type NotificationAnswer = { asked: string; trace_id: string; deliveries: number };

/** It could never be sent as it is: the code says why. The request itself lies in the dead letters. */
export const notificationRefused = defineMessage({
  type: 'notification.refused',
  stream: 'NOTIFICATIONS',
  pattern: 'notification.refused',
  subject: (_body: NotificationRefused) => 'notification.refused',
  owners: ['notifier'],
  schema: z.object({ asked: z.string(), trace_id: traceId, code: z.string(), message: z.string() }),
});
export type NotificationRefused = { asked: string; trace_id: string; code: string; message: string };

export const RECEIPT_STATUSES = ['SENT', 'DELIVERED', 'READ', 'FAILED'] as const;
export const receiptStatus = z.enum(RECEIPT_STATUSES);
export type ReceiptStatus = z.infer<typeof receiptStatus>;

/** What a provider reported about messages it took, as it came in and verified: read by the notifier, which knows the provider. */
export const notificationReceipt = defineMessage({
  type: 'notification.receipt',
  stream: 'NOTIFICATIONS',
  pattern: 'notification.receipt',
  subject: (_body: NotificationReceipt) => 'notification.receipt',
  owners: ['executor', 'dlq-replayer'],
  schema: z.object({
    receipt_id: z.string(),
    trace_id: traceId,
    channel: channelName,
    /** The provider's own words. */
    report: z.unknown(),
    received_at: time,
  }),
});
export type NotificationReceipt = {
  receipt_id: string;
  trace_id: string;
  channel: ChannelName;
  report: unknown;
  received_at: string;
};

export const DELIVERY_STATUSES = [
  'QUEUED',
  'SENDING',
  'SENT',
  'DELIVERED',
  'READ',
  'FAILED',
  'UNKNOWN',
  'SKIPPED',
  'DIGESTED',
] as const;
export const deliveryStatus = z.enum(DELIVERY_STATUSES);
export type DeliveryStatus = z.infer<typeof deliveryStatus>;

/** How one attempt ended. */
export const ATTEMPT_CLASSES = ['ACCEPTED', 'FAILED_TEMPORARY', 'FAILED_PERMANENT', 'UNKNOWN', 'SKIPPED'] as const;
export const attemptClass = z.enum(ATTEMPT_CLASSES);
export type AttemptClass = z.infer<typeof attemptClass>;

const news = {
  notification_id: z.string(),
  delivery_id: z.string(),
  trace_id: traceId,
  channel: channelName.optional(),
  provider: z.string().optional(),
  status: deliveryStatus,
  /** Calls to providers so far, over all channels. */
  attempts: z.number().int().nonnegative(),
  /** Channels given up so far. */
  fallbacks: z.number().int().nonnegative(),
  code: z.string().optional(),
  at: time,
};
export type NotificationNews = {
  notification_id: string;
  delivery_id: string;
  trace_id: string;
  channel?: ChannelName | undefined;
  provider?: string | undefined;
  status: DeliveryStatus;
  attempts: number;
  fallbacks: number;
  code?: string | undefined;
  at: string;
};

const newsMessage = (type: 'notification.dispatched' | 'notification.delivered' | 'notification.failed') =>
  defineMessage<NotificationNews>({
    type,
    stream: 'NOTIFICATIONS',
    pattern: type,
    subject: () => type,
    owners: ['notifier'],
    schema: z.object(news),
  });

/** A provider took it; whether it arrived is still open. */
export const notificationDispatched = newsMessage('notification.dispatched');
/** It arrived, as far as the channel can say: SENT where nothing more will be heard. */
export const notificationDelivered = newsMessage('notification.delivered');
/** It did not, or nobody knows, or there was nowhere to send it. */
export const notificationFailed = newsMessage('notification.failed');
