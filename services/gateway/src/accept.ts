import { type ActionRequest, type ActionRequested, type CanonicalEvent, type Credential, eventsOf } from '@techno/contracts';
import { HttpProblem } from '@techno/http';
import { type Clock, errorCode, errorMessage, rfc3339, w3cTraceIdOf } from '@techno/kernel';
import type { Inbox, StoredAnswer } from '@techno/storage';
import type { Span, Tracer } from '@techno/telemetry';
import type { Departures } from './departures.ts';
import type { Driver } from './driver.ts';

export interface Submission {
  /** The id the answer will carry; from here on the action's. */
  readonly traceId: string;
  readonly origin: ActionRequested['origin'];
  /** The template of the route it came by: `/v1/process`. */
  readonly route: string;
  readonly credential: Exclude<Credential, { kind: 'none' }>;
  readonly address: string;
  readonly request: ActionRequest;
  readonly bytes: number;
  readonly fingerprint: string;
  readonly idempotencyKey?: string | undefined;
  /** Of a signed webhook: the same for every retry by its sender. */
  readonly messageId?: string | undefined;
  /** traceparent of the caller: linked, never continued. */
  readonly link?: string | undefined;
}

export type Accepted =
  /** Committed. `driven` resolves when NATS has it, with false when it has not. */
  | { readonly kind: 'accepted'; readonly traceId: string; readonly span: Span; readonly driven: Promise<boolean> }
  /** Committed before under the same idempotency key or message id. */
  | {
      readonly kind: 'repeated';
      readonly traceId: string;
      readonly sameRequest: boolean;
      readonly answer: StoredAnswer | undefined;
    };

export interface Acceptor {
  /** Commits, then publishes. Throws HttpProblem OVERLOADED, or TemporaryError STORE_UNAVAILABLE: then nothing was accepted. */
  accept(submission: Submission): Promise<Accepted>;
}

export interface AcceptorDeps {
  readonly inbox: Inbox;
  readonly driver: Driver;
  readonly departures: Departures;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly sweepAfterMs: number;
  readonly maxBacklog: number;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
}

export function createAcceptor(deps: AcceptorDeps): Acceptor {
  const { inbox, driver, departures, tracer, clock, sweepAfterMs, maxBacklog, logEvents } = deps;

  async function depart(request: ActionRequested, traceparent: string): Promise<boolean> {
    await departures.join();
    return driver.drive(request, traceparent, 0);
  }

  return {
    async accept(submission) {
      if (driver.backlog >= maxBacklog) {
        throw new HttpProblem(503, 'BACKLOG_FULL', {
          detail: 'accepted requests wait for the message bus; nothing more is accepted until it takes them',
          headers: { 'retry-after': '5' },
        });
      }
      const { origin, route, credential, address, request, bytes, fingerprint, idempotencyKey, messageId } = submission;
      const now = clock.now();
      const span = tracer.startRoot(
        `POST ${route}`,
        'server',
        () => ({
          'http.request.method': 'POST',
          'http.route': route,
          'http.request.body.size': bytes,
          'techno.origin': origin,
          'techno.action': request.action,
          'techno.context_id': request.context_id,
        }),
        {
          link: submission.link,
          w3cTraceId: w3cTraceIdOf(submission.traceId),
        },
      );
      const body: ActionRequested = {
        trace_id: span.traceId,
        origin,
        credential,
        address,
        request,
        bytes,
        nonce: messageId,
        received_at: rfc3339(now),
        replay: 0,
      };
      const entry = {
        request: body,
        traceparent: span.traceparent,
        caller: callerOf(credential),
        idempotencyKey,
        messageId,
        fingerprint,
        dueInMs: sweepAfterMs,
      };
      const accepted = await inbox.accept(entry).catch((error: unknown) => {
        span.recordError(errorCode(error), errorMessage(error));
        span.end();
        throw error;
      });
      if (accepted.kind === 'duplicate') {
        span.setAttributes({ 'techno.repeats': accepted.traceId });
        span.end();
        return {
          kind: 'repeated',
          traceId: accepted.traceId,
          sameRequest: accepted.fingerprint === fingerprint,
          answer: accepted.answer,
        };
      }
      logEvents(eventsOf['action.requested'](body));
      return { kind: 'accepted', traceId: span.traceId, span, driven: depart(body, span.traceparent) };
    },
  };
}

/** Whose idempotency keys and message ids: one caller's never meet another's. */
function callerOf(credential: Submission['credential']): string {
  switch (credential.kind) {
    case 'api_key':
      return credential.hash;
    case 'webhook':
      return `webhook:${credential.source}`;
    case 'delegate':
      return `delegate:${credential.owner}`;
  }
}
