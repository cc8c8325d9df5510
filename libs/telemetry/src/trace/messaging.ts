import type { Attributes } from './span.ts';

/** OpenTelemetry's names for messaging, https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
const SYSTEM = { 'messaging.system.name': 'nats' } as const;

export interface SentMessage {
  /** The literal subject. */
  readonly subject: string;
  /** The pattern the subject follows, which keeps the number of span names small. */
  readonly template?: string | undefined;
  readonly messageId?: string | undefined;
}

export interface SentMessageOptions {
  /** `publish` unless it is another way of sending. */
  readonly operation?: 'publish' | 'schedule' | 'reply';
}

export interface ProcessedMessage extends SentMessage {
  /** The durable consumer. */
  readonly consumer: string;
}

/** Name and attributes of the `producer` span around a publish. */
export function sendSpan(
  { subject, template, messageId }: SentMessage,
  { operation = 'publish' }: SentMessageOptions = {},
): { name: string; attributes: Attributes } {
  return {
    name: `${operation} ${template ?? subject}`,
    attributes: {
      ...SYSTEM,
      'messaging.operation.type': 'send',
      'messaging.operation.name': operation,
      'messaging.destination.name': subject,
      'messaging.destination.template': template,
      'messaging.message.id': messageId,
    },
  };
}

/** Name and attributes of the `consumer` span around one attempt at a message. */
export function processSpan({ subject, template, messageId, consumer }: ProcessedMessage): {
  name: string;
  attributes: Attributes;
} {
  return {
    name: `process ${template ?? subject}`,
    attributes: {
      ...SYSTEM,
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': subject,
      'messaging.destination.template': template,
      'messaging.consumer.group.name': consumer,
      'messaging.message.id': messageId,
    },
  };
}

/** Name and attributes of the span around a batch that serves many traces. */
export function batchSpan({ consumer, messages }: { consumer: string; messages: number }): {
  name: string;
  attributes: Attributes;
} {
  return {
    name: `process batch ${consumer}`,
    attributes: {
      ...SYSTEM,
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.consumer.group.name': consumer,
      'messaging.batch.message_count': messages,
    },
  };
}
