import { HEADER, type Headers, type MessageContract } from '@techno/contracts';
import type { Outgoing } from './transport.ts';

/** Headers that go from a message to those it causes. */
const CARRIED = [HEADER.replyTo, HEADER.replay, HEADER.deadLetter] as const;

/**
 * Wraps a body for the bus. `causeId` is the id of the message (or request) that caused it and `source` who emits it:
 * together with the subject they make the id, so that doing the same work twice publishes the same id.
 */
export function envelope<Body>(
  contract: MessageContract<Body>,
  body: Body,
  from: { causeId: string; source: string; traceparent: string; now: string; carried?: Headers | undefined },
): Outgoing {
  const subject = contract.subject(body);
  const id = `${from.causeId}.${from.source}.${subject}`;
  const headers: Headers = {
    [HEADER.traceparent]: from.traceparent,
    [HEADER.eventId]: id,
    [HEADER.eventType]: contract.type,
    [HEADER.eventSource]: from.source,
    [HEADER.eventTime]: from.now,
    [HEADER.eventSpecVersion]: '1.0',
    ...from.carried,
  };
  return { subject, stream: contract.stream, id, headers, data: JSON.stringify(body), batchable: contract.batchable };
}

/** The headers of an incoming message that its consequences carry on. */
export function carriedHeaders(header: (name: string) => string | undefined): Headers {
  const carried: Headers = {};
  for (const name of CARRIED) {
    const value = header(name);
    if (value !== undefined && value !== '') carried[name] = value;
  }
  return carried;
}
