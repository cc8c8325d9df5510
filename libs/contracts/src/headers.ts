/** Names of the headers on every message. CloudEvents 1.0 binary mode, W3C trace context, and our own. */
export const HEADER = {
  traceparent: 'traceparent',
  messageId: 'Nats-Msg-Id',
  eventId: 'ce-id',
  eventType: 'ce-type',
  eventSource: 'ce-source',
  eventTime: 'ce-time',
  eventSpecVersion: 'ce-specversion',
  /** Core subject on which the gateway that accepted the request waits for its result. */
  replyTo: 'Techno-Reply-To',
  /** Attempts already spent before this message was scheduled again. */
  attempt: 'Techno-Attempt',
  /** RFC 3339 time and code of the first failure, kept over all retries. */
  firstFailure: 'Techno-First-Failure',
  /** The subject a retried or replayed message was first published to. */
  originalSubject: 'Techno-Original-Subject',
  /** How many times an operator has replayed this message. */
  replay: 'Techno-Replay',
  /** The dead letter that a replay came from, so that its failing again is known as the same one's. */
  deadLetter: 'Techno-Dead-Letter',
  /** Written by nats-server: the schedule that put the message here. */
  scheduler: 'Nats-Scheduler',
} as const;

export type Headers = Record<string, string>;
