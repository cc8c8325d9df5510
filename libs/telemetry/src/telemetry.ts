import type { CanonicalEvent } from '@techno/contracts';
import { type Clock, SECOND, systemClock } from '@techno/kernel';
import { canonicalLines } from './log/canonical-lines.ts';
import { bufferedDestination, type LogDestination } from './log/destination.ts';
import { createLogger, type Logger, type LogLevel } from './log/logger.ts';
import { createTimestamp } from './log/timestamp.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { silentMetrics } from './metrics/silent.ts';
import type { SpanExport } from './trace/recorder.ts';
import { createTracer, type Tracer } from './trace/tracer.ts';

export interface TelemetryOptions {
  readonly service: string;
  readonly version: string;
  readonly logLevel: LogLevel;
  /** Share of new traces that are recorded, 0 to 1. */
  readonly traceRatio: number;
  /** `otlpExport(endpoint)` of '@techno/telemetry/otlp'. None: no span leaves the process. */
  readonly spans?: SpanExport | undefined;
  /** False: nothing is counted, and `/metrics` is empty. Default true. */
  readonly metrics?: boolean;
  /** A file to append to, a file descriptor, or something of your own. Default: standard output. */
  readonly logDestination?: string | number | LogDestination | undefined;
  readonly clock?: Clock;
}

export interface Telemetry {
  readonly log: Logger;
  /** Writes canonical events, one JSON line each, unless the log level is above `info`. */
  logEvents(events: readonly CanonicalEvent[]): void;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /** Flushes spans (for at most 3 s) and log lines. The log may still be written to afterwards. */
  shutdown(): Promise<void>;
}

const COMPLAINT_INTERVAL_MS = 60 * SECOND;

/** Everything a process says about itself. One per process. Throws StartupError LOG_FILE_UNWRITABLE. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const clock = options.clock ?? systemClock;
  const metrics = options.metrics === false ? silentMetrics : createMetrics(options.version);
  const timestamp = createTimestamp(clock);
  const destination = destinationOf(options.logDestination, () => metrics.observability.logLinesDropped.inc());

  let nextComplaintMs = 0;
  const recorder = options.spans?.({
    service: options.service,
    version: options.version,
    onExport(outcome, spans) {
      metrics.observability.spansExported(outcome, spans);
      if (outcome === 'ok' || clock.now() < nextComplaintMs) return;
      nextComplaintMs = clock.now() + COMPLAINT_INTERVAL_MS;
      log.warn({ endpoint: recorder?.endpoint, spans }, 'traces.export_failed');
    },
  });
  const { tracer, shutdown: shutdownTracer } = createTracer({ ratio: options.traceRatio, recorder, clock });
  const log = createLogger({
    service: options.service,
    level: options.logLevel,
    destination,
    timestamp,
  });
  const lines = canonicalLines(options.service, timestamp);

  return {
    log,
    logEvents(events) {
      if (events.length > 0 && log.isEnabled('info')) destination.write(lines(events));
    },
    metrics,
    tracer,
    async shutdown() {
      await shutdownTracer();
      metrics.stop();
      await destination.flush?.();
    },
  };
}

function destinationOf(target: TelemetryOptions['logDestination'], onDropped: () => void): LogDestination {
  return typeof target === 'object' ? target : bufferedDestination(target ?? 1, onDropped);
}
