import { type Clock, DAY, errorMessage, every, MINUTE } from '@techno/kernel';
import type { LongLived } from '@techno/service';
import type { JobEvents } from '@techno/storage';

const EVERY_MS = 10 * MINUTE;
const AT_ONCE = 5_000;

/** Forgets runs that ended long ago. Occurrences only move forward, so none of them can come again. */
export function retention({
  events,
  clock,
  keptDays,
  onProblem,
}: {
  events: Pick<JobEvents, 'trim'>;
  clock: Clock;
  keptDays: number;
  onProblem: (fields: object) => void;
}): LongLived {
  const once = async () => {
    while ((await events.trim(new Date(clock.now() - keptDays * DAY), AT_ONCE)) === AT_ONCE);
  };
  return {
    name: 'retention',
    run: (signal) =>
      every(EVERY_MS, signal, () =>
        once().catch((error: unknown) => onProblem({ loop: 'retention', problem: errorMessage(error) })),
      ),
  };
}
