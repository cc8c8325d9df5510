import { randomUUID } from 'node:crypto';
import {
  type Link,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { newSpanId, SECOND, traceIdFrom } from '@techno/kernel';
import { scrubText } from '../log/scrub.ts';
import type { ExportReport, NewSpan, SpanExport, SpanKindName } from './recorder.ts';
import { cleanAttributes, type Span } from './span.ts';
import { formatTraceparent, parseTraceparent, type TraceParent } from './traceparent.ts';

// Only who has a collector loads this file, by '@techno/telemetry/otlp'.

// The default queue of 2048 drops spans under load, and five seconds are long to wait for a trace one wants to look at.
const QUEUE_SPANS = 16_384;
const BATCH_SPANS = 1_024;
const BATCH_DELAY_MS = 1 * SECOND;
const EXPORT_LIMIT_MS = 5 * SECOND;

const KINDS: Record<SpanKindName, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/**
 * Sends finished spans to `endpoint` (an OTLP/HTTP base such as `http://127.0.0.1:4318`) in the background. A collector that is
 * away costs the spans that do not fit the queue, and nothing else.
 */
export function otlpExport(endpoint: string): SpanExport {
  return ({ service, version, onExport }) => {
    // The ids of a root are decided before the SDK is touched; then it asks for them.
    let nextTraceId = '';
    let nextSpanId: string | undefined;
    const provider = new TracerProvider({
      // Explicit: the default detectors put command-line arguments and the owner of the process into every export.
      resource: resourceFromAttributes({
        'service.name': service,
        'service.version': version,
        'service.instance.id': randomUUID(),
      }),
      // What is not sampled never gets here.
      sampler: new AlwaysOnSampler(),
      idGenerator: { generateTraceId: () => nextTraceId, generateSpanId: () => nextSpanId ?? newSpanId() },
      spanProcessors: [otlpProcessor(endpoint, onExport)],
      spanLimits: { attributeValueLengthLimit: 1_024 },
    });
    const sdk = provider.getTracer('@techno/telemetry', version);
    return {
      endpoint,
      root(span, { traceId, spanId }) {
        nextTraceId = traceId;
        nextSpanId = spanId;
        try {
          return recordedSpan(sdk.startSpan(span.name, { ...optionsOf(span), root: true }, ROOT_CONTEXT));
        } finally {
          nextSpanId = undefined;
        }
      },
      child: (span, parent, isRemote) =>
        recordedSpan(
          sdk.startSpan(span.name, optionsOf(span), trace.setSpanContext(ROOT_CONTEXT, spanContext(parent, isRemote))),
        ),
      shutdown: () => provider.shutdown(),
    };
  };
}

function optionsOf({ kind, attributes, links }: NewSpan) {
  return { kind: KINDS[kind], attributes: cleanAttributes(attributes), links: links.map(linkTo) };
}

function linkTo(position: TraceParent): Link {
  return { context: spanContext(position, true) };
}

function spanContext({ traceId, spanId, sampled }: TraceParent, isRemote: boolean): SpanContext {
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote };
}

function recordedSpan(span: SdkSpan): Span {
  const { traceId, spanId } = span.spanContext();
  return {
    traceparent: formatTraceparent(traceId, spanId, true),
    traceId: traceIdFrom(traceId),
    w3cTraceId: traceId,
    sampled: true,
    setAttributes: (attributes) => void span.setAttributes(cleanAttributes(attributes)),
    link(traceparent) {
      const linked = parseTraceparent(traceparent);
      if (linked !== undefined) span.addLink(linkTo(linked));
    },
    recordError(code, message) {
      span.setAttributes({ 'error.type': code });
      span.setStatus({ code: SpanStatusCode.ERROR, message: scrubText(message) });
    },
    end: () => span.end(),
  };
}

function otlpProcessor(endpoint: string, report: ExportReport): SpanProcessor {
  const otlp = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: EXPORT_LIMIT_MS });
  return new BatchSpanProcessor({
    exporter: reporting(otlp, report),
    maxQueueSize: QUEUE_SPANS,
    maxExportBatchSize: BATCH_SPANS,
    scheduledDelayMillis: BATCH_DELAY_MS,
    exportTimeoutMillis: EXPORT_LIMIT_MS + 1 * SECOND,
  });
}

function reporting(exporter: SpanExporter, report: ExportReport): SpanExporter {
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        report(result.error === undefined ? 'ok' : 'failed', spans.length);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
