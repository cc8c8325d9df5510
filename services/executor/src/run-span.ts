import { errorCode, errorMessage } from '@techno/kernel';
import type { Attributes, Span, SpanKindName, Tracer } from '@techno/telemetry';

/** Shows work below the run it is part of. Where the trace is not recorded the work is all there is. */
export type InSpan = <T>(named: { name: string; attributes: Attributes }, work: (span?: Span) => Promise<T>) => Promise<T>;

/** Runs work inside a span of the trace that `parent` belongs to, and gives it where its own parts belong. */
export async function inSpan<T>(
  tracer: Pick<Tracer, 'isRecorded' | 'start'>,
  parent: string,
  { name, kind, attributes }: { name: string; kind: SpanKindName; attributes: Attributes },
  work: (span?: Span) => Promise<T>,
): Promise<T> {
  if (!tracer.isRecorded(parent)) return work();
  const span = tracer.start(name, { kind, parent, attributes });
  try {
    return await work(span);
  } catch (error) {
    span.recordError(errorCode(error), errorMessage(error));
    throw error;
  } finally {
    span.end();
  }
}

/** What a call of an executor shows its own calls with: `client` spans below `parent`. */
export function clientSpans(tracer: Pick<Tracer, 'isRecorded' | 'start'>, parent: string): InSpan {
  return (named, work) => inSpan(tracer, parent, { ...named, kind: 'client' }, work);
}
