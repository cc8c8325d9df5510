import { remind, type RemindDeps } from '../agenda/remind.ts';
import type { Job } from './job.ts';

/** Tells the recipients of events that start within the next hour. */
export const eventReminder = (deps: RemindDeps & { everyMs: number }): Job => ({
  name: 'event-reminder',
  everyMs: deps.everyMs,
  run: (run) => remind(deps, { job: 'event-reminder', kind: 'event' }, run),
});
