import type { ActorObserver } from '@techno/actor';
import { type ActorMetrics, processSpan, type Telemetry } from '@techno/telemetry';

/** Attempts that succeed are counted and traced; only the others write a line, or a million good ones would hide them. */
export function actorObserver({ log, metrics, tracer }: Telemetry): ActorObserver {
  const counts = new Map<string, ActorMetrics>();
  const countsOf = (actor: string): ActorMetrics => {
    let found = counts.get(actor);
    if (found === undefined) counts.set(actor, (found = metrics.actor(actor)));
    return found;
  };
  return {
    begin({ actor, type, subject, traceparent, attempt, replay }) {
      const startedAt = performance.now();
      const actorCounts = countsOf(actor);
      actorCounts.begun();
      const span = tracer.start(`process ${type}`, {
        kind: 'consumer',
        parent: traceparent,
        attributes: () => ({
          ...processSpan({ subject, template: type, consumer: actor }).attributes,
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
  };
}
