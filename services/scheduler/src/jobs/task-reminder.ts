import { remind, type RemindDeps } from '../agenda/remind.ts';
import type { Job } from './job.ts';

/** Tells the recipients of open tasks that are due within the next hour and a half. */
export const taskReminder = (deps: RemindDeps & { everyMs: number }): Job => ({
  name: 'task-reminder',
  everyMs: deps.everyMs,
  run: (run) => remind(deps, { job: 'task-reminder', kind: 'task' }, run),
});
