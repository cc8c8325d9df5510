import { type Clock, SECOND } from '@techno/kernel';
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
}

const AT_ONCE = 500;
/** A tick fires within a quarter of a second. One that is not there after this was lost. */
const OVERDUE_MS = 2 * SECOND;
const LOOK_AT_STREAM_EVERY = 5;

/**
 * Makes good what the clock lost: ticks that nobody stored (a process died, NATS was away or lost its store), and schedules
 * whose tick never came. Three small queries where nothing is wrong. Does nothing while NATS is away: occurrences that pass
 * meanwhile are judged by the catch-up rule when it is back, as what they ask for could not be published.
 */
export function reconciler({ schedules, advancer, armer, clock, connected, streamCreated }: ReconcileDeps): () => Promise<void> {
  let looked = 0;
  return async () => {
    if (!connected()) return;
    if (looked++ % LOOK_AT_STREAM_EVERY === 0) await schedules.noteStream(await streamCreated());
    const overdue = await schedules.overdue(new Date(clock.now() - OVERDUE_MS), AT_ONCE);
    await Promise.all(overdue.map((id) => advancer.advance(id)));
    for (;;) {
      const now = clock.now();
      const unarmed = await schedules.claimUnarmed(new Date(now), armer.horizon(now), AT_ONCE);
      await armer.arm(unarmed);
      if (unarmed.length < AT_ONCE) return;
    }
  };
}
