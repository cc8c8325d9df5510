import { envelope, type Outgoing } from '@techno/actor';
import { type ActionRequested, actionRequested, HEADER, type Headers, retrySubject, type StreamName } from '@techno/contracts';
import { rfc3339 } from '@techno/kernel';
import type { DeadLetterRow } from '@techno/storage';
import { type Ask, askOf, isAskSubject } from './asks.ts';

/** What to publish to replay a dead letter. `awaited`: its outcome will be heard of; otherwise the bus having it is all there is. */
export interface ReplayMessage {
  readonly message: Outgoing;
  readonly awaited: boolean;
}

/** Written by the runtime about earlier tries, or by the server: none of it holds for a replay. */
const SPENT = new Set<string>([HEADER.attempt, HEADER.firstFailure, HEADER.originalSubject, HEADER.replyTo, 'Techno-Last-Error']);

/**
 * The replay of a claimed dead letter. An action is asked for anew, so that it passes the gates as they are now; any other
 * message goes back to where it was published, or to the actor alone where others would act on it.
 */
export function replayMessage(row: DeadLetterRow, traceparent: string, nowMs: number): ReplayMessage {
  const id = row.replayId ?? `${row.id}.${row.replay}`;
  const replayed: Headers = { [HEADER.replay]: String(row.replay), [HEADER.deadLetter]: String(row.id) };
  const ask = askOf(row);
  if (ask !== undefined) {
    const message = envelope(actionRequested, requestAgain(ask, row), {
      causeId: id,
      source: 'dlq-replayer',
      traceparent,
      now: rfc3339(nowMs),
      carried: replayed,
    });
    return { message: { ...message, id }, awaited: true };
  }
  const kept = Object.fromEntries(Object.entries(row.headers).filter(([name]) => !name.startsWith('Nats-') && !SPENT.has(name)));
  const stream = row.stream as StreamName;
  const alone = isAskSubject(row.subject, 'requested') || isAskSubject(row.subject, 'allowed');
  return {
    awaited: false,
    message: {
      id,
      stream,
      subject: alone ? retrySubject(stream, row.actor) : row.subject,
      headers: {
        ...kept,
        ...replayed,
        ...(alone ? { [HEADER.originalSubject]: row.subject } : {}),
        [HEADER.traceparent]: traceparent,
        [HEADER.eventId]: id,
      },
      data: textOf(row) ?? '',
    },
  };
}

/** Whether it can be published at all: what is not text cannot. */
export function isReplayable(row: DeadLetterRow): boolean {
  return row.payload !== '' && textOf(row) !== undefined;
}

function textOf(row: DeadLetterRow): string | undefined {
  if (row.encoding === 'json') return row.payload;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(row.payload, 'base64'));
  } catch {
    return undefined;
  }
}

/** The request as it would be made now. What was allowed no longer carries its credential, so its principal is named instead. */
function requestAgain(ask: Ask, row: DeadLetterRow): ActionRequested {
  if (ask.kind === 'requested') return { ...ask.body, replay: row.replay };
  const { trace_id, request, principal, received_at } = ask.body;
  return {
    trace_id,
    origin: principal.kind === 'webhook' ? 'webhook' : 'api',
    credential: { kind: 'delegate', by: `replay:${row.id}`, owner: principal.id },
    address: '',
    request,
    bytes: Buffer.byteLength(JSON.stringify(request.payload ?? null)),
    received_at,
    replay: row.replay,
  };
}

/** The payload after an edit, and what the edit was held against. Of an action only its own payload is replaced. */
export function editedPayload(row: DeadLetterRow, payload: unknown): { before: unknown; text: string } {
  const ask = askOf(row);
  if (ask === undefined)
    return { before: row.encoding === 'json' ? JSON.parse(row.payload) : row.payload, text: JSON.stringify(payload) };
  const request = { ...ask.body.request, payload };
  const body =
    ask.kind === 'requested'
      ? { ...ask.body, request, bytes: Buffer.byteLength(JSON.stringify(payload ?? null)) }
      : { ...ask.body, request };
  return { before: ask.body.request.payload, text: JSON.stringify(body) };
}
