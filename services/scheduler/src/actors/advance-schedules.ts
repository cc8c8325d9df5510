import { type Actor, defineActor } from '@techno/actor';
import { jobTicked, type JobTicked } from '@techno/contracts';
import { type Clock, pause, SECOND } from '@techno/kernel';
import type { Advancer } from '../engine/advancer.ts';

export interface AdvanceDeps {
  readonly advancer: Advancer;
  readonly clock: Clock;
  readonly pausedUntil: () => number | undefined;
}

/** How far the clock of nats-server may be ahead of ours. */
const MAX_SKEW_MS = 2 * SECOND;

/** A tick says that a schedule may be due. Coming too late, twice or for nothing, it does no harm: the record says what is due. */
export const advanceSchedules = ({ advancer, clock, pausedUntil }: AdvanceDeps): Actor<JobTicked> =>
  defineActor<JobTicked>({
    name: 'advance-schedules',
    receives: jobTicked,
    // Many, as they share commits.
    concurrency: 512,
    keyedBy: ({ schedule_id }) => schedule_id,
    leaseMs: 15 * SECOND,
    retryDelaysMs: [1, 5, 15, 60].map((seconds) => seconds * SECOND),
    pausedUntil,
    async handle({ schedule_id, due_at }, { signal }) {
      const earlyMs = Date.parse(due_at) - clock.now();
      if (earlyMs > 0 && earlyMs <= MAX_SKEW_MS) await pause(earlyMs, signal);
      await advancer.advance(schedule_id);
    },
  });
