import type { OtlpReceiver, ReceivedSpan, SpanKind, SpanValue } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import type { TraceSource } from './world.ts';

/** A collector of the runbook's own, to which the services export over OTLP/HTTP. */
export function fromReceiver(receiver: OtlpReceiver): TraceSource {
  return { name: `OTLP/HTTP at ${receiver.endpoint}`, ofTrace: (id) => Promise.resolve(receiver.ofTrace(id)) };
}

interface JaegerTrace {
  readonly spans: readonly {
    readonly traceID: string;
    readonly spanID: string;
    readonly operationName: string;
    readonly processID: string;
    /** Microseconds. */
    readonly startTime: number;
    readonly duration: number;
    readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[];
    readonly tags: readonly { readonly key: string; readonly value: SpanValue }[];
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

const KINDS: readonly string[] = ['internal', 'server', 'client', 'producer', 'consumer'] satisfies SpanKind[];
const MICROS_PER_MS = 1_000;

/** What has arrived in Jaeger, through its query API. */
export function fromJaeger(url: string): TraceSource {
  return {
    name: `Jaeger at ${url}`,
    async ofTrace(id) {
      const response = await fetch(`${url}/api/traces/${id}`, { signal: AbortSignal.timeout(10 * SECOND) });
      if (response.status === 404) return [];
      if (!response.ok) throw new Error(`Jaeger answered ${response.status}`);
      const { data } = (await response.json()) as { data: JaegerTrace[] };
      return data.flatMap(spansOf);
    },
  };
}

function spansOf({ spans, processes }: JaegerTrace): ReceivedSpan[] {
  return spans.map((span) => {
    const tags = Object.fromEntries(span.tags.map(({ key, value }) => [key, value]));
    const { 'span.kind': kind, error, 'otel.status_description': said, ...attributes } = tags;
    const inTrace = span.references.filter(({ refType, traceID }) => refType === 'CHILD_OF' && traceID === span.traceID);
    return {
      traceId: span.traceID,
      spanId: span.spanID,
      parentSpanId: inTrace[0]?.spanID,
      service: processes[span.processID]?.serviceName ?? '',
      name: span.operationName,
      kind: KINDS.includes(String(kind)) ? (kind as SpanKind) : 'internal',
      attributes,
      links: span.references
        .filter(({ refType }) => refType === 'FOLLOWS_FROM')
        .map(({ traceID, spanID }) => ({ traceId: traceID, spanId: spanID })),
      error: error === true ? String(said ?? '') : undefined,
      startMs: span.startTime / MICROS_PER_MS,
      durationMs: span.duration / MICROS_PER_MS,
    };
  });
}
