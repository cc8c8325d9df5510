import { SECOND } from '@techno/kernel';
import { Gauge, type Registry } from 'prom-client';

export interface ConsumerLag {
  readonly stream: string;
  readonly consumer: string;
  /** Messages stored for this consumer that it has not been given yet. */
  readonly pending: number;
}

export interface ConsumerMetrics {
  /** `consumer_lag{stream,consumer}`, asked for when somebody reads the metrics, for at most a second. */
  lagFrom(read: () => Promise<readonly ConsumerLag[]>): void;
}

const READ_LIMIT_MS = 1 * SECOND;

export function consumerMetrics(registry: Registry): ConsumerMetrics {
  const readers: (() => Promise<readonly ConsumerLag[]>)[] = [];
  new Gauge({
    name: 'consumer_lag',
    help: 'Messages waiting for a consumer',
    labelNames: ['stream', 'consumer'],
    registers: [registry],
    async collect() {
      const lags = await Promise.all(readers.map((read) => withinLimit(read)));
      // What could not be read is absent, not 0: an alert on absence is right, one on a stale 0 never comes.
      this.reset();
      for (const { stream, consumer, pending } of lags.flat()) this.set({ stream, consumer }, pending);
    },
  });
  return { lagFrom: (read) => void readers.push(read) };
}

async function withinLimit(read: () => Promise<readonly ConsumerLag[]>): Promise<readonly ConsumerLag[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly ConsumerLag[]>((resolve) => {
    timer = setTimeout(() => resolve([]), READ_LIMIT_MS);
  });
  try {
    return await Promise.race([read(), late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}
