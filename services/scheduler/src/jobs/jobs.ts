import { createAgenda, createBriefs, createReminders, type Database } from '@techno/storage';
import type { Clock } from '@techno/kernel';
import type { SchedulerConfig } from '../config.ts';
import { dailyBrief } from './daily-brief.ts';
import { eventReminder } from './event-reminder.ts';
import type { Job } from './job.ts';
import { taskReminder } from './task-reminder.ts';

export interface JobDeps {
  readonly config: SchedulerConfig;
  readonly database: Database;
  readonly clock: Clock;
}

/** Every job of the system. */
export function systemJobs({ config, database }: JobDeps): readonly Job[] {
  const everyMs = config.TECHNO_JOB_INTERVAL_MS;
  const reminders = createReminders(database);
  const briefs = createBriefs(database);
  const reminding = { agenda: createAgenda(database), reminders, briefs, everyMs };
  return [
    eventReminder(reminding),
    taskReminder(reminding),
    dailyBrief({ reminders, briefs, everyMs, usualAt: config.TECHNO_BRIEF_AT }),
  ];
}
