import { MINUTE, SECOND } from '@techno/kernel';
import { readConfig } from '@techno/service';
import { z } from 'zod';

const shape = {
  /** How often the jobs of the system run; shorter for tests. */
  TECHNO_JOB_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .default(5 * MINUTE)
    .describe('300000'),
  /** A run that has not ended by then is driven again; each further time after twice as long, at most ten minutes. */
  TECHNO_SWEEP_AFTER_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .default(20 * SECOND)
    .describe('20000'),
  /** How long `worker_job_events` keeps what has ended. A backfill reaches back no further. */
  TECHNO_RUNS_KEPT_DAYS: z.coerce.number().int().min(1).max(3_650).default(30).describe('30'),
  /** When contacts are told their day that name no hour, by their own clocks. */
  TECHNO_BRIEF_AT: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected HH:MM')
    .default('07:00')
    .describe('07:00'),
} as const;

/** Settings of the scheduler. The only place here that reads the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return readConfig('scheduler', shape, env);
}

export type SchedulerConfig = ReturnType<typeof loadConfig>;
