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
 * Actions in one message of the stream: those that are published together travel together, and `consumer_lag` counts messages.
 * Least squares over the seconds in which something waited: what was accepted and not done, less what was in hand.
 */
export function actionsPerMessage({ scaled, concurrency }: Pick<Recording, 'scaled' | 'concurrency'>): number {
  let [outstanding, products, squares] = [0, 0, 0];
  for (const { accepted, done, lag, replicas } of scaled) {
    outstanding += accepted - done;
    products += (outstanding - replicas * concurrency) * lag;
    squares += lag * lag;
  }
  return squares === 0 ? 1 : products / squares;
}

/**
 * The autoscaler over a queue: each second the recorded arrivals come in, and every ready replica takes what one was recorded to
 * do. What it has in hand does not count as lag, as it does not for the real consumer.
 */
export function simulate(recording: Recording, options: SimulationOptions): SimulatedSecond[] {
  const { spec, requestedCores, scrapeS, startS, scale } = options;
  const { perReplica, cpuPerAction } = capacity(recording);
  const perMessage = actionsPerMessage(recording);
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
    const lag = Math.round(Math.max(0, queue - ready * recording.concurrency) / perMessage);
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
