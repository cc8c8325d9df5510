import { type Clock, errorMessage, every, SECOND } from '@techno/kernel';
import type { LongLived } from '@techno/service';
import type { Schedules } from '@techno/storage';
import type { Advancer } from '../engine/advancer.ts';
import type { Armer } from '../engine/armer.ts';

export interface ReconcileDeps {
  readonly schedules: Pick<Schedules, 'overdue' | 'claimUnarmed' | 'noteStream'>;
  readonly advancer: Advancer;
  readonly armer: Armer;
  readonly clock: Clock;
  readonly connected: () => boolean;
  /** When the stream of the ticks was made. */
  readonly streamCreated: () => Promise<string>;
  readonly onProblem: (fields: object) => void;
}

const EVERY_MS = 1 * SECOND;
const AT_ONCE = 500;
/** A tick fires within a quarter of a second. One that is not there after this was lost. */
const OVERDUE_MS = 2 * SECOND;
const LOOK_AT_STREAM_EVERY = 5;

/**
 * Makes good what the clock lost: ticks that nobody stored (a process died, NATS was away or lost its store), and schedules
 * whose tick never came. Three small queries a second where nothing is wrong. Does nothing while NATS is away: occurrences that
 * pass meanwhile are judged by the catch-up rule when it is back, as what they ask for could not be published.
 */
export function reconcile(deps: ReconcileDeps): LongLived {
  let looked = 0;
  async function once(): Promise<void> {
    if (!deps.connected()) return;
    if (looked++ % LOOK_AT_STREAM_EVERY === 0) await deps.schedules.noteStream(await deps.streamCreated());
    const overdue = await deps.schedules.overdue(new Date(deps.clock.now() - OVERDUE_MS), AT_ONCE);
    await Promise.all(overdue.map((id) => deps.advancer.advance(id)));
    for (;;) {
      const now = deps.clock.now();
      const unarmed = await deps.schedules.claimUnarmed(new Date(now), deps.armer.horizon(now), AT_ONCE);
      await deps.armer.arm(unarmed);
      if (unarmed.length < AT_ONCE) return;
    }
  }
  const work = () => once().catch((error: unknown) => deps.onProblem({ loop: 'reconcile', problem: errorMessage(error) }));
  return {
    name: 'reconcile',
    async run(signal) {
      await work();
      await every(EVERY_MS, signal, work);
    },
  };
}
