import { type DeadLetter, HEADER } from '@techno/contracts';
import type { NewDeadLetter, Placing } from '@techno/storage';
import { askOf } from './asks.ts';
import { next } from './lifecycle.ts';
import { errorSignature } from './signature.ts';

/** Codes of messages that nobody could read: retrying them cannot help, and they are shown as the bytes they are. */
const POISON = new Set(['MESSAGE_UNPARSEABLE', 'MESSAGE_TYPE_UNKNOWN']);

/** A dead letter as it is stored. `incarnation` tells apart streams that had the same name and sequences one after the other. */
export function failureOf(letter: DeadLetter, incarnation: string): NewDeadLetter {
  const replay = Number(letter.headers[HEADER.replay] ?? 0) || 0;
  const { code, message, stack } = letter.error;
  const quarantined =
    letter.encoding === 'base64' || POISON.has(code) || letter.error.kind === 'unparseable' || !isJson(letter.payload);
  const ask = quarantined ? undefined : askOf(letter);
  return {
    key: `${identityOf(letter, incarnation)}.${letter.actor}.${replay}`,
    jobName: ask?.body.request.action || letter.headers[HEADER.eventType] || letter.subject || letter.stream,
    // A quarantine keeps bytes, whatever they look like.
    payload: quarantined && letter.encoding === 'json' ? Buffer.from(letter.payload).toString('base64') : letter.payload,
    encoding: quarantined ? 'base64' : 'json',
    errorMessage: storable(message),
    errorCode: code,
    errorKind: letter.error.kind ?? (quarantined ? 'unparseable' : 'unknown'),
    errorSignature: errorSignature({ actor: letter.actor, code, message }),
    errorStack: stack === undefined ? undefined : storable(stack),
    actor: letter.actor,
    stream: letter.stream,
    seq: letter.stream_seq,
    subject: storable(letter.subject),
    headers: letter.headers,
    traceId: letter.trace_id,
    traceparent: letter.headers[HEADER.traceparent] ?? '',
    attempts: letter.attempts,
    firstFailureAt: letter.first_failure_at,
    lastFailureAt: letter.last_failure_at,
    quarantined,
    replay,
    replayOf: Number(letter.headers[HEADER.deadLetter] ?? 0) || undefined,
  };
}

/** Whether the message has an id of its own; without one only its place in the stream names it. */
export function hasOwnId(letter: DeadLetter): boolean {
  return (letter.headers[HEADER.eventId] ?? '') !== '';
}

function identityOf(letter: DeadLetter, incarnation: string): string {
  return letter.headers[HEADER.eventId] || `${letter.stream}@${incarnation}.${letter.stream_seq}`;
}

/** Where a failure belongs. What a replay caused further on (its notification, say) is a dead letter of its own. */
export const place: Placing = (failure, standing) => {
  if (standing === undefined || standing.jobName !== failure.jobName) return 'new';
  if (failure.replay < standing.replay) return { notedAt: standing.id };
  const becomes = next(standing, { kind: 'failed' });
  return becomes === undefined ? { notedAt: standing.id } : { id: standing.id, ...becomes, failure };
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Postgres has no NUL in text. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
