import type { Span, SpanKindName, Tracer } from '@techno/telemetry';
import type { Decided } from './decide.ts';

type SpanTracer = Pick<Tracer, 'isRecorded' | 'start'>;

/** Decides inside a span that says what was decided and why, where the trace is recorded. `decide` is given where its commit belongs. */
export async function decidedInSpan(
  tracer: SpanTracer,
  { name, kind, parent }: { name: string; kind: SpanKindName; parent: string | undefined },
  decide: (traceparent: string | undefined) => Promise<Decided>,
): Promise<Decided> {
  if (!tracer.isRecorded(parent)) return decide(undefined);
  const span = tracer.start(name, { kind, parent });
  try {
    const decided = await decide(span.traceparent);
    tell(span, decided);
    return decided;
  } catch (error) {
    span.recordError('DECISION_NOT_RECORDED', error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    span.end();
  }
}

function tell(span: Span, { outcome, body, evaluation }: Decided): void {
  span.setAttributes({
    'techno.decision': outcome,
    'techno.decision_id': body.decision.decision_id,
    'techno.policy_revision': body.decision.policy_revision,
    'techno.gates': evaluation.verdicts.map(({ gate, verdict, micros }) => `${gate} ${verdict} ${micros} µs`),
    ...(outcome === 'ALLOW'
      ? { 'techno.executor': body.allow.executor }
      : { 'techno.gate': body.gate, 'techno.reason_codes': body.reason_codes }),
  });
}
