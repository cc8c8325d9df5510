import { Gauge, type Registry } from 'prom-client';
import { readWithinLimit } from './read-within-limit.ts';

export interface StreamUsage {
  readonly stream: string;
  readonly messages: number;
  readonly bytes: number;
  /** What it may grow to, in bytes. */
  readonly limitBytes: number;
}

export interface StreamMetrics {
  /** `stream_messages{stream}`, `stream_bytes{stream}`, `stream_limit_bytes{stream}`, asked for when somebody reads the metrics. */
  usageFrom(read: () => Promise<readonly StreamUsage[]>): void;
}

export function streamMetrics(registry: Registry): StreamMetrics {
  let read: () => Promise<readonly StreamUsage[]> = () => Promise.resolve([]);
  let reading: Promise<readonly StreamUsage[]> | undefined;
  // The three are read in one go: one question to the server for all of them.
  const usage = () => {
    reading ??= readWithinLimit(read).finally(() => (reading = undefined));
    return reading;
  };
  const gauge = (name: string, help: string, value: (usage: StreamUsage) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['stream'],
      registers: [registry],
      async collect() {
        const streams = await usage();
        // What could not be read is absent: an old figure would hide that.
        this.reset();
        for (const one of streams) this.set({ stream: one.stream }, value(one));
      },
    });
  gauge('stream_messages', 'Messages stored in a stream', ({ messages }) => messages);
  gauge('stream_bytes', 'Bytes stored in a stream', ({ bytes }) => bytes);
  gauge('stream_limit_bytes', 'Bytes a stream may hold', ({ limitBytes }) => limitBytes);
  return { usageFrom: (source) => void (read = source) };
}
