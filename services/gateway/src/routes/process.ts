import { type ActionRequest, actionRequest, findAction } from '@techno/contracts';
import { defineRoute, HttpProblem, type JsonReply, type Reply, type RequestContext, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { type Clock, errorMessage, rfc3339 } from '@techno/kernel';
import type { Inbox } from '@techno/storage';
import type { Metrics } from '@techno/telemetry';
import { z } from 'zod';
import type { Acceptor } from '../accept.ts';
import type { AnswerLog } from '../answer-log.ts';
import { credentialOf } from '../callers.ts';
import { answerDenial } from '../edge/denial.ts';
import { answerFromRecord } from '../edge/from-record.ts';
import { readIdempotencyKey, requestFingerprint } from '../edge/idempotency-key.ts';
import { answerCompleted, answerFailed } from '../edge/outcome.ts';
import { parsePrefer } from '../edge/prefer.ts';
import type { Ending, Pending } from '../pending.ts';

export interface ProcessDeps {
  readonly acceptor: Acceptor;
  readonly pending: Pending;
  readonly inbox: Inbox;
  readonly answers: AnswerLog;
  readonly metrics: Metrics;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly pepper: Buffer;
  readonly defaultWaitMs: number;
  readonly onProblem: (fields: { problem: string; trace_id: string }) => void;
}

const processBody = actionRequest.extend({
  payload: z.unknown().describe('What the action works on; its schema is in the policy'),
});

const answered = z.object({
  trace_id: z.string(),
  status: z.literal('COMPLETED'),
  result: z.unknown(),
  executor_id: z.string(),
  execution_time_ms: z.number(),
});
export const accepted = z.object({ trace_id: z.string(), status: z.literal('ACCEPTED') });

/** `POST /v1/process` and its older name `/process`. */
export function processRoutes(deps: ProcessDeps): Route[] {
  const route = (path: '/v1/process' | '/process', operationId: string): Route =>
    defineRoute({
      method: 'POST',
      path,
      operationId,
      summary: 'Have an action decided and, if it is allowed, executed',
      description:
        'Waits for the result for 10 s, or as long as `Prefer: wait=N` says (at most 60). What takes longer, or is asked for with ' +
        '`Prefer: respond-async`, is answered 202 with a Location. An `Idempotency-Key` makes a repeat safe for 24 hours.',
      tags: ['actions'],
      security: 'credential',
      body: processBody,
      responses: {
        200: { description: 'It was executed', schema: answered },
        202: { description: 'It is committed and will be; the result is at Location', schema: accepted },
        400: { description: 'The body is no JSON of this form' },
        401: { description: 'No credential was sent' },
        403: { description: 'The gates denied it; `reason_codes` says why' },
        409: { description: 'The request with this Idempotency-Key is still under way' },
        413: { description: 'The body is too large' },
        422: { description: 'The Idempotency-Key was used for another request, or the executor could not use the payload' },
        429: { description: 'The rate or quota is used up; see Retry-After' },
        502: { description: 'The upstream failed, or its answer was not valid' },
        503: { description: 'Nothing was accepted; see Retry-After' },
        504: { description: 'The upstream took too long' },
      },
      handler: (context) => submitAction(context, path, deps),
    });
  return [route('/v1/process', 'process'), route('/process', 'processAlias')];
}

type Submitted = Pick<RequestContext, 'header' | 'address' | 'bytes' | 'rawBody' | 'signal' | 'traceId' | 'receivedAtMs'> & {
  readonly body: ActionRequest;
};

/** Accepts an action, commits it, and answers with what became of it: what every route that has something done does. */
export async function submitAction(context: Submitted, route: string, deps: ProcessDeps): Promise<Reply> {
  deps.metrics.requests.processRequests.inc();
  const credential = credentialOf(context, deps.pepper);
  const key = readIdempotencyKey(context.header('idempotency-key'));
  if (key.kind === 'invalid') {
    throw new HttpProblem(400, key.code, {
      detail: 'an Idempotency-Key has 1 to 255 visible ASCII characters',
      traceId: context.traceId,
    });
  }
  const preferHeader = context.header('prefer');
  const prefer = preferHeader === undefined ? NO_PREFERENCE : parsePrefer(preferHeader);
  const submitted = await deps.acceptor.accept({
    traceId: context.traceId,
    origin: 'api',
    route,
    credential,
    address: context.address,
    request: { action: context.body.action, context_id: context.body.context_id, payload: context.body.payload },
    bytes: context.bytes,
    // Only a repeat is ever compared.
    fingerprint: key.kind === 'key' ? requestFingerprint('POST', '/v1/process', context.rawBody) : '',
    idempotencyKey: key.kind === 'key' ? key.key : undefined,
    link: context.header('traceparent'),
  });
  if (submitted.kind === 'repeated') return repeat(submitted, deps);

  const { traceId, span, driven } = submitted;
  try {
    const ending = prefer.respondAsync ? undefined : await result(traceId, driven, prefer.waitMs ?? deps.defaultWaitMs, deps);
    const reply = ending === undefined ? later(traceId, prefer.applied('async')) : answer(ending, prefer.applied('sync'));
    // The answer is true whether or not it can be kept; a repeat is answered from the record then.
    if (key.kind === 'key') {
      const kept = { status: reply.status, headers: textHeaders(reply), body: reply.body };
      await deps.inbox
        .saveAnswer(traceId, kept)
        .catch((error: unknown) => deps.onProblem({ problem: errorMessage(error), trace_id: traceId }));
    }
    const now = deps.clock.now();
    deps.answers.add({
      trace_id: traceId,
      status: reply.status,
      at: rfc3339(now),
      duration_ms: Math.max(0, now - context.receivedAtMs),
    });
    span.setAttributes({ 'http.response.status_code': reply.status });
    if (reply.status >= 500) span.recordError(codeOf(reply.body), 'the action failed');
    return reply;
  } finally {
    span.end();
  }
}

function codeOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : 'UNEXPECTED';
}

const NO_PREFERENCE = { respondAsync: false, waitMs: undefined, applied: () => '' };

/** Waits for the ending; gives up at once where NATS has not taken the request, for then nothing can come. */
function result(
  traceId: string,
  driven: Promise<boolean>,
  waitMs: number,
  { pending }: ProcessDeps,
): Promise<Ending | undefined> {
  const ending = pending.wait(traceId, waitMs);
  void driven.then((taken) => (taken ? undefined : pending.release(traceId)));
  return ending;
}

function answer(ending: Ending, applied: string): JsonReply {
  const reply = endingAnswer(ending);
  return applied === '' ? reply : { ...reply, headers: { ...reply.headers, 'preference-applied': applied } };
}

function endingAnswer(ending: Ending) {
  switch (ending.kind) {
    case 'completed':
      return answerCompleted(ending.body);
    case 'denied':
      return answerDenial(ending.body);
    case 'failed':
      return answerFailed(ending.body);
  }
}

/** 202: committed, and to be read at Location. */
export function later(traceId: string, applied: string): JsonReply {
  return {
    status: 202,
    headers: { location: `/v1/actions/${traceId}`, ...(applied === '' ? {} : { 'preference-applied': applied }) },
    body: { trace_id: traceId, status: 'ACCEPTED' },
  };
}

function textHeaders(reply: JsonReply): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': reply.contentType ?? 'application/json' };
  for (const [name, value] of Object.entries(reply.headers ?? {})) if (value !== undefined) headers[name] = String(value);
  return headers;
}

/** The first answer again, or why there is none. */
async function repeat(
  {
    traceId,
    sameRequest,
    answer: first,
  }: {
    traceId: string;
    sameRequest: boolean;
    answer: { status: number; headers: Record<string, string>; body: unknown } | undefined;
  },
  deps: ProcessDeps,
): Promise<JsonReply> {
  if (!sameRequest) {
    throw new HttpProblem(422, 'IDEMPOTENCY_KEY_REUSED', {
      detail: 'this Idempotency-Key was used for another request; use a new one',
      traceId,
    });
  }
  if (first !== undefined) {
    const { 'content-type': contentType = 'application/json', ...headers } = first.headers;
    return { status: first.status, headers: { ...headers, 'idempotency-replayed': 'true' }, body: first.body, contentType };
  }
  // The gateway that accepted it died before it answered: then the record knows how it ended.
  const { action } = await request(deps.bus, findAction, { trace_id: traceId });
  const recorded = action && answerFromRecord(action);
  if (recorded !== undefined) return { ...recorded, headers: { ...recorded.headers, 'idempotency-replayed': 'true' } };
  throw new HttpProblem(409, 'IDEMPOTENCY_KEY_IN_USE', {
    detail: `the request with this Idempotency-Key is still under way; see /v1/actions/${traceId}`,
    traceId,
    headers: { 'retry-after': '1', location: `/v1/actions/${traceId}` },
  });
}
