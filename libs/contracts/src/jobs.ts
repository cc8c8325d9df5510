import { z } from 'zod';
import { defineMessage } from './message.ts';
import { RUN_STATUSES, RUN_TRIGGERS, type RunStatus, type RunTrigger } from './schedules.ts';

const time = z.string();
const traceId = z.string().regex(/^tr_[0-9a-f]{32}$/);

/** What user schedules are called in `worker_job_events.job_name` and in metrics. */
export const USER_SCHEDULE_JOB = 'user-schedule';

/**
 * The clock: sent to itself by way of a JetStream message schedule. It only says that a schedule may be due now; the record
 * says whether it is. Its subject ends with the actor's name, as a schedule's rights are those of its actor.
 */
export const jobTicked = defineMessage({
  type: 'job.tick',
  stream: 'JOBS',
  pattern: 'job.tick.advance-schedules',
  subject: (_body: JobTicked) => 'job.tick.advance-schedules',
  owners: ['scheduler'],
  schema: z.object({ schedule_id: z.string(), due_at: time }),
});
export type JobTicked = { schedule_id: string; due_at: string };

/** A run of a job of the system is due; committed before it is published. */
export const jobDue = defineMessage({
  type: 'job.due',
  stream: 'JOBS',
  pattern: 'job.due.>',
  subject: (body: JobDue) => `job.due.${body.job_name}`,
  owners: ['scheduler', 'dlq-replayer'],
  schema: z.object({
    run_id: z.string(),
    trace_id: traceId,
    job_name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
    trigger: z.enum(RUN_TRIGGERS),
    nominal_at: time,
  }),
});
export type JobDue = { run_id: string; trace_id: string; job_name: string; trigger: RunTrigger; nominal_at: string };

/** Runs that ended, or never began, where no action of the same trace tells of it; many at a time. */
export const jobFinished = defineMessage({
  type: 'job.finished',
  stream: 'JOBS',
  pattern: 'job.finished',
  subject: (_body: JobFinished) => 'job.finished',
  owners: ['scheduler'],
  schema: z.object({
    runs: z
      .array(
        z.object({
          run_id: z.string(),
          trace_id: traceId,
          job_name: z.string(),
          schedule_id: z.string().optional(),
          status: z.enum(RUN_STATUSES),
          reason: z.string().optional(),
          trigger: z.enum(RUN_TRIGGERS),
          scheduled_at: time,
          at: time,
          runtime_seconds: z.number().optional(),
        }),
      )
      .min(1),
  }),
});
export type JobFinished = {
  runs: {
    run_id: string;
    trace_id: string;
    job_name: string;
    schedule_id?: string | undefined;
    status: RunStatus;
    reason?: string | undefined;
    trigger: RunTrigger;
    scheduled_at: string;
    at: string;
    runtime_seconds?: number | undefined;
  }[];
};
