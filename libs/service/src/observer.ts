import type { ActorObserver, ObservedMessage } from '@techno/actor';
import { w3cTraceIdOf } from '@techno/kernel';
import { type ActorMetrics, batchSpan, processSpan, type Span, type Telemetry, type Tracer } from '@techno/telemetry';

/**
 * Attempts that succeed are counted and traced; only the others write a line, or a million good ones would hide them. A batch
 * is one attempt.
 */
export function actorObserver({ log, metrics, tracer }: Telemetry): ActorObserver {
  const counts = new Map<string, ActorMetrics>();
  const countsOf = (actor: string): ActorMetrics => {
    let found = counts.get(actor);
    if (found === undefined) counts.set(actor, (found = metrics.actor(actor)));
    return found;
  };
  return {
    begin({ actor, type, subject, traceparent, attempt, replay, messageId }) {
      const startedAt = performance.now();
      const actorCounts = countsOf(actor);
      actorCounts.begun();
      const span = tracer.start(`process ${type}`, {
        kind: 'consumer',
        parent: traceparent,
        attributes: () => ({
          ...processSpan({ subject, template: type, consumer: actor, messageId }).attributes,
          'techno.attempt': attempt,
          'techno.replay': replay,
        }),
      });
      return {
        log: log.child({ trace_id: span.traceId }),
        traceparent: span.traceparent,
        end({ outcome, code, message }) {
          const durationMs = performance.now() - startedAt;
          actorCounts.ended(outcome, durationMs / 1_000);
          if (code !== undefined) {
            span.recordError(code, message ?? code);
            if (outcome === 'retry') actorCounts.retried(code);
            if (outcome === 'dead_letter') actorCounts.deadLettered(code);
            const fields = {
              actor,
              type,
              attempt,
              outcome,
              code,
              error: message,
              durationMs: Math.round(durationMs * 10) / 10,
              trace_id: span.traceId,
            };
            if (outcome === 'dead_letter') log.error(fields, 'actor.attempted');
            else log.warn(fields, 'actor.attempted');
          }
          span.end();
        },
      };
    },

    beginBatch({ actor, messages }) {
      const startedAt = performance.now();
      const actorCounts = countsOf(actor);
      actorCounts.begun();
      const spans = spansOf(tracer, actor, messages);
      const [first, ...others] = spans;
      const named = batchSpan({ consumer: actor, messages: messages.length });
      // One for all of them, below the first; the others are linked with it both ways.
      const batch =
        first &&
        tracer.start(named.name, {
          kind: 'internal',
          parent: first,
          attributes: named.attributes,
          links: others.map(({ traceparent }) => traceparent),
        });
      if (batch !== undefined) for (const other of others) other.link(batch.traceparent);
      return {
        traceparent: batch?.traceparent ?? '',
        end({ outcome, code, message }) {
          actorCounts.ended(outcome, (performance.now() - startedAt) / 1_000);
          if (code !== undefined) {
            actorCounts.retried(code);
            batch?.recordError(code, message ?? code);
          }
          batch?.end();
          for (const span of spans) span.end();
        },
      };
    },
  };
}

/** A span for each message whose trace is recorded. Which those are the trace's id says, without reading the message's headers. */
function spansOf(tracer: Tracer, actor: string, messages: readonly ObservedMessage[]): Span[] {
  const spans: Span[] = [];
  for (const { type, subject, body, traceparent } of messages) {
    const traceId = (body as { readonly trace_id?: unknown } | null)?.trace_id;
    if (typeof traceId !== 'string' || !tracer.isSampled(w3cTraceIdOf(traceId))) continue;
    const parent = traceparent();
    if (!tracer.isRecorded(parent)) continue;
    const { name, attributes } = processSpan({ subject, template: type, consumer: actor });
    spans.push(tracer.start(name, { kind: 'consumer', parent, attributes }));
  }
  return spans;
}
