import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { SECOND } from '@techno/kernel';

// The default queue of 2048 drops spans under load, and five seconds are long to wait for a trace one wants to look at.
const QUEUE_SPANS = 16_384;
const BATCH_SPANS = 1_024;
const BATCH_DELAY_MS = 1 * SECOND;
const EXPORT_LIMIT_MS = 5 * SECOND;

export type ExportReport = (outcome: 'ok' | 'failed', spans: number) => void;

/**
 * Sends finished spans to `endpoint` (an OTLP/HTTP base such as `http://127.0.0.1:4318`) in the background. A collector that is
 * away costs the spans that do not fit the queue, and nothing else.
 */
export function otlpProcessor(endpoint: string, report: ExportReport): SpanProcessor {
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
