import { z } from 'zod';
import { attemptClass, channelName, deliveryStatus, notificationRequest, receiptStatus, severity } from './notifications.ts';
import { defineRequest } from './request.ts';

const time = z.string();

export const attemptView = z.object({
  number: z.number().int(),
  channel: channelName,
  provider: z.string().optional(),
  started_at: time,
  finished_at: time.optional(),
  class: attemptClass.optional().describe('Absent while it is under way'),
  code: z.string().optional(),
  spent: z.boolean().describe('False: it found the channel down, and does not count against the delivery'),
  provider_message_id: z.string().optional(),
  receipt: receiptStatus.optional(),
  receipt_at: time.optional(),
});

export const deliveryView = z.object({
  id: z.string(),
  recipient: z.string(),
  status: deliveryStatus,
  channel: channelName.optional(),
  channels: z.array(channelName).describe('In the order in which they are tried'),
  code: z.string().optional(),
  due_at: time.optional(),
  sent_at: time.optional(),
  delivered_at: time.optional(),
  read_at: time.optional(),
  settled_at: time.optional(),
  digest_of: z.string().optional(),
  attempts: z.array(attemptView),
});
export type DeliveryView = z.infer<typeof deliveryView>;

export const notificationStatus = z.enum(['PENDING', 'DELIVERED', 'PARTIAL', 'FAILED']);

export const notificationView = z.object({
  id: z.string(),
  trace_id: z.string(),
  status: notificationStatus,
  severity,
  template: z.object({ name: z.string(), version: z.number().int() }).optional(),
  principal: z.string(),
  context_id: z.string(),
  accepted_at: time,
  settled_at: time.optional(),
  deliveries: z.array(deliveryView),
});
export type NotificationView = z.infer<typeof notificationView>;

/** `principal` limits the answer to what that principal asked for. */
export const findNotification = defineRequest({
  service: 'notifier',
  name: 'notification.find',
  input: z.object({ id: z.string(), principal: z.string().optional() }),
  output: z.object({ notification: notificationView.optional() }),
});

export const listNotifications = defineRequest({
  service: 'notifier',
  name: 'notification.list',
  input: z.object({
    principal: z.string().optional(),
    status: deliveryStatus.optional().describe('With a delivery in that state'),
    recipient: z.string().optional(),
    before: z.string().optional(),
    limit: z.number().int().min(1).max(200),
  }),
  output: z.object({ notifications: z.array(notificationView), next: z.string().optional() }),
});

/** Whether it could be sent as it is; nothing is kept. Throws what `notification.refused` would say. */
export const checkNotification = defineRequest({
  service: 'notifier',
  name: 'notification.check',
  input: z.object({ request: notificationRequest }),
  output: z.object({ deliveries: z.number().int() }),
});
