import { Gauge, type Registry } from 'prom-client';
import { readWithinLimit } from './read-within-limit.ts';

export interface StreamUsage {
  readonly stream: string;
  readonly messages: number;
  readonly bytes: number;
  /** What it may grow to, in bytes. */
  readonly limitBytes: number;
  /** Age of the oldest message; none where it is empty. */
  readonly oldestSeconds?: number | undefined;
}

export interface StreamMetrics {
  /** `stream_messages{stream}`, `stream_bytes{stream}`, `stream_limit_bytes{stream}`, `stream_oldest_seconds{stream}`, asked for when somebody reads the metrics. */
  usageFrom(read: () => Promise<readonly StreamUsage[]>): void;
}

export function streamMetrics(registry: Registry): StreamMetrics {
  let read: () => Promise<readonly StreamUsage[]> = () => Promise.resolve([]);
  let reading: Promise<readonly StreamUsage[]> | undefined;
  // The four are read in one go: one question to the server for all of them.
  const usage = () => {
    reading ??= readWithinLimit(read).finally(() => (reading = undefined));
    return reading;
  };
  const gauge = (name: string, help: string, value: (usage: StreamUsage) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['stream'],
      registers: [registry],
      async collect() {
        const streams = await usage();
        // What could not be read is absent: an old figure would hide that.
        this.reset();
        for (const one of streams) {
          const figure = value(one);
          if (figure !== undefined) this.set({ stream: one.stream }, figure);
        }
      },
    });
  gauge('stream_messages', 'Messages stored in a stream', ({ messages }) => messages);
  gauge('stream_bytes', 'Bytes stored in a stream', ({ bytes }) => bytes);
  gauge('stream_limit_bytes', 'Bytes a stream may hold', ({ limitBytes }) => limitBytes);
  gauge('stream_oldest_seconds', 'Age of the oldest message stored in a stream', ({ oldestSeconds }) => oldestSeconds);
  return { usageFrom: (source) => void (read = source) };
}
