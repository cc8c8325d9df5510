import { createTelemetry, type Telemetry } from '@techno/telemetry';

/** Real telemetry whose lines are kept instead of written. */
export function keptTelemetry(): {
  telemetry: Telemetry;
  lines: Record<string, unknown>[];
  metrics(): Promise<string>;
} {
  const lines: Record<string, unknown>[] = [];
  const telemetry = createTelemetry({
    service: 'executor',
    version: 'test',
    logLevel: 'debug',
    traceRatio: 0,
    logDestination: {
      write: (text) =>
        void lines.push(
          ...text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>),
        ),
    },
  });
  return { telemetry, lines, metrics: async () => (await telemetry.metrics.text(undefined)).body };
}
