import { type Clock, errorMessage, every, pause, SECOND } from '@techno/kernel';
import type { Deliveries } from '@techno/storage';
import type { Dispatcher } from './dispatcher.ts';
import type { Sweeper } from './sweeper.ts';
import type { Teller } from './teller.ts';

export interface LookoutDeps {
  readonly deliveries: Pick<Deliveries, 'awaiting'>;
  readonly dispatchers: readonly Pick<Dispatcher, 'channel' | 'poke'>[];
  readonly sweeper: Pick<Sweeper, 'poke'>;
  readonly teller: Pick<Teller, 'poke'>;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onProblem: (fields: { problem: string; part: string }) => void;
}

export interface Lookout {
  once(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

/** Asks the record what there is to do, and wakes whoever does it: ten idle replicas make fifty round trips a second, not five hundred. */
export function createLookout({ deliveries, dispatchers, sweeper, teller, clock, everyMs, onProblem }: LookoutDeps): Lookout {
  let wasDue = false;

  async function once(): Promise<void> {
    const { due, overdue, news } = await deliveries.awaiting(new Date(clock.now()));
    for (const dispatcher of dispatchers) if (due.includes(dispatcher.channel)) dispatcher.poke();
    // The sweeper also tells how long the oldest has waited, and once more that none does.
    if (overdue || due.length > 0 || wasDue) sweeper.poke();
    wasDue = due.length > 0;
    if (news) teller.poke();
  }

  return {
    once,
    run: (signal) =>
      every(everyMs, signal, () =>
        once().catch(async (error: unknown) => {
          onProblem({ problem: errorMessage(error), part: 'look' });
          await pause(1 * SECOND, signal);
        }),
      ),
  };
}
