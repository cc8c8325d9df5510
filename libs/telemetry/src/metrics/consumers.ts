import { Gauge, type Registry } from 'prom-client';
import { readWithinLimit } from './read-within-limit.ts';

export interface ConsumerLag {
  readonly stream: string;
  readonly consumer: string;
  /** Messages stored for this consumer that it has not been given yet. */
  readonly pending: number;
  /** Messages it was given and has not settled. */
  readonly unacked: number;
  /** Messages given out more than once that are still not settled. */
  readonly redelivered: number;
}

export interface ConsumerMetrics {
  /**
   * `consumer_lag`, `consumer_unacked` and `consumer_redelivered`, each by `stream` and `consumer`, asked for when somebody
   * reads the metrics, for at most a second.
   */
  lagFrom(read: () => Promise<readonly ConsumerLag[]>): void;
}

export function consumerMetrics(registry: Registry): ConsumerMetrics {
  const readers: (() => Promise<readonly ConsumerLag[]>)[] = [];
  let reading: Promise<readonly ConsumerLag[]> | undefined;
  // The three are read in one go: one question for each consumer.
  const lags = () => {
    reading ??= Promise.all(readers.map((read) => readWithinLimit(read)))
      .then((all) => all.flat())
      .finally(() => (reading = undefined));
    return reading;
  };
  const gauge = (name: string, help: string, value: (lag: ConsumerLag) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['stream', 'consumer'],
      registers: [registry],
      async collect() {
        const all = await lags();
        // What could not be read is absent, not 0: an alert on absence is right, one on a stale 0 never comes.
        this.reset();
        for (const lag of all) this.set({ stream: lag.stream, consumer: lag.consumer }, value(lag));
      },
    });
  gauge('consumer_lag', 'Messages waiting for a consumer', ({ pending }) => pending);
  gauge('consumer_unacked', 'Messages a consumer has in hand', ({ unacked }) => unacked);
  gauge('consumer_redelivered', 'Messages in hand that were given out before', ({ redelivered }) => redelivered);
  return { lagFrom: (read) => void readers.push(read) };
}
