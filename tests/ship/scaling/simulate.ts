import { createHpa, type HpaSpec, SYNC_MS } from './hpa.ts';
import type { Recording } from './recording.ts';

export interface SimulatedSecond {
  readonly t: number;
  readonly arrived: number;
  readonly lag: number;
  readonly replicas: number;
}

export interface SimulationOptions {
  readonly spec: HpaSpec;
  /** Cores that a replica asks for; CPU percents are of them. */
  readonly requestedCores: number;
  /** How often Prometheus looks, in seconds: the autoscaler sees the lag of the last look. */
  readonly scrapeS: number;
  /** From the wish for a replica until it is ready, in seconds: scheduling and image, then the start that was recorded. */
  readonly startS: number;
  /** The recorded arrivals, this many times over. */
  readonly scale: number;
}

/** What one replica does in a second, and what an action costs in CPU seconds: means over the saturated runs. */
export function capacity({ rates }: Pick<Recording, 'rates'>): { perReplica: number; cpuPerAction: number } {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    perReplica: mean(rates.map(({ perSecond, replicas }) => perSecond / replicas)),
    cpuPerAction: mean(rates.map(({ cpuPerAction }) => cpuPerAction)),
  };
}

/**
 * The autoscaler over a queue: each second the recorded arrivals come in, and every ready replica takes what one was recorded to
 * do. What a replica holds in hand and in its buffer does not count as lag, as it does not for the real consumer.
 */
export function simulate(recording: Recording, options: SimulationOptions): SimulatedSecond[] {
  const { spec, requestedCores, scrapeS, startS, scale } = options;
  const { perReplica, cpuPerAction } = capacity(recording);
  // Handlers, and a prefetch of twice as many (libs/jetstream, run-actor.ts).
  const held = recording.concurrency * 3;
  const hpa = createHpa(spec);
  const starting: number[] = [];
  const seconds: SimulatedSecond[] = [];
  let [queue, ready, current] = [0, spec.minReplicas, spec.minReplicas];
  let scraped = { lag: 0, cpuPercent: 0 };

  for (const { t, accepted } of recording.scaled) {
    while (starting.length > 0 && (starting[0] ?? Infinity) <= t) {
      starting.shift();
      ready++;
    }
    const arrived = accepted * scale;
    const done = Math.min(queue + arrived, ready * perReplica);
    queue += arrived - done;
    const lag = Math.round(Math.max(0, queue - ready * held));
    if ((t + 1) % scrapeS === 0) scraped = { lag, cpuPercent: ((done * cpuPerAction) / ready / requestedCores) * 100 };
    seconds.push({ t, arrived, lag, replicas: ready });
    if ((t + 1) % (SYNC_MS / 1_000) !== 0) continue;
    const next = hpa.sync((t + 1) * 1_000, current, scraped);
    for (let more = current; more < next; more++) starting.push(t + 1 + startS);
    // Those that have not started yet go first.
    for (let fewer = next; fewer < current; fewer++) if (starting.pop() === undefined) ready--;
    current = next;
  }
  return seconds;
}
