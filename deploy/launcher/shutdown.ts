import { SECOND } from '@techno/kernel';
import type { Supervised } from './supervise.ts';

/** All of stopping; the promise is 10 s. */
const DEADLINE_MS = 9.5 * SECOND;
/** What is kept back for the stages after it. */
const RESERVED_MS = { services: 3.5 * SECOND, nats: 2 * SECOND, postgres: 0 };

export interface Stages {
  readonly services: readonly Supervised[];
  readonly nats: readonly Supervised[];
  readonly postgres: readonly Supervised[];
}

/** Stops services first (they drain), then nats-server, then PostgreSQL, each by force once its share of the time is over. */
export async function stopInOrder(stages: Stages, now: () => number = () => performance.now()): Promise<void> {
  const deadline = now() + DEADLINE_MS;
  for (const stage of ['services', 'nats', 'postgres'] as const) {
    const graceMs = Math.max(500, deadline - RESERVED_MS[stage] - now());
    await Promise.all(stages[stage].map((supervised) => supervised.stop(graceMs)));
  }
}
