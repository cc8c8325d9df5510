import { type Clock, DAY } from '@techno/kernel';
import type { JobEvents } from '@techno/storage';

const AT_ONCE = 5_000;

/** Forgets runs that ended long ago. Occurrences only move forward, so none of them can come again. */
export function trimmer(deps: { events: Pick<JobEvents, 'trim'>; clock: Clock; keptDays: number }): () => Promise<void> {
  return async () => {
    const before = new Date(deps.clock.now() - deps.keptDays * DAY);
    while ((await deps.events.trim(before, AT_ONCE)) === AT_ONCE);
  };
}
