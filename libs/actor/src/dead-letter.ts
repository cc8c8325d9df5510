import { type DeadLetter, deadLettered, HEADER, type Headers } from '@techno/contracts';
import { rfc3339 } from '@techno/kernel';
import type { Failure } from './failure.ts';
import type { Delivery } from './transport.ts';

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;
const STACK_CHARS = 4_000;

/** The whole envelope of a message that failed for good: enough to understand it and to publish it again. */
export function deadLetterOf(
  delivery: Pick<Delivery, 'stream' | 'subject' | 'seq' | 'bytes' | 'headers'>,
  actor: string,
  failure: Failure,
  attempts: number,
  nowMs: number,
): DeadLetter {
  const headers = delivery.headers();
  const bytes = delivery.bytes();
  const text = utf8(bytes);
  const traceId = TRACEPARENT.exec(headers[HEADER.traceparent] ?? '')?.[1];
  return {
    actor,
    stream: delivery.stream,
    stream_seq: delivery.seq,
    subject: headers[HEADER.originalSubject] ?? delivery.subject,
    headers,
    payload: text ?? Buffer.from(bytes).toString('base64'),
    encoding: text === undefined ? 'base64' : 'json',
    trace_id: traceId === undefined ? undefined : `tr_${traceId}`,
    error: { code: failure.code, message: failure.message, stack: failure.stack?.slice(0, STACK_CHARS), kind: failure.kind },
    attempts,
    first_failure_at: firstFailureAt(headers) ?? rfc3339(nowMs),
    last_failure_at: rfc3339(nowMs),
  };
}

/** One dead letter per failed message and replay, however often it is published. */
export function deadLetterId(delivery: Pick<Delivery, 'stream' | 'seq' | 'header'>, actor: string): string {
  const id = delivery.header(HEADER.eventId) || `${delivery.stream}.${delivery.seq}`;
  return `${id}.${actor}.${delivery.header(HEADER.replay) ?? '0'}.${deadLettered.type}`;
}

export function firstFailureAt(headers: Headers): string | undefined {
  return headers[HEADER.firstFailure] || undefined;
}

function utf8(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch {
    return undefined;
  }
}
