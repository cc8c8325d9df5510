import type { Clock } from '@techno/kernel';
import type { Database } from '@techno/storage';
import type { SchedulerConfig } from '../config.ts';
import type { Job } from './job.ts';

export interface JobDeps {
  readonly config: SchedulerConfig;
  readonly database: Database;
  readonly clock: Clock;
}

/** Every job of the system. */
export function systemJobs(_deps: JobDeps): readonly Job[] {
  return [];
}
