import { type Actor, defineActor } from '@techno/actor';
import { jobDue, type JobDue } from '@techno/contracts';
import { type Clock, errorMessage, SECOND, TerminalError } from '@techno/kernel';
import type { JobEvents } from '@techno/storage';
import type { Notify } from '../engine/notify.ts';
import type { Settler } from '../engine/settler.ts';
import type { Job } from '../jobs/job.ts';
import type { SchedulerMetrics } from '../metrics.ts';

export interface RunJobDeps {
  readonly jobs: readonly Job[];
  readonly events: Pick<JobEvents, 'begin' | 'noteError'>;
  readonly settler: Pick<Settler, 'settle'>;
  readonly notify: Notify;
  readonly clock: Clock;
  readonly metrics: SchedulerMetrics;
  readonly pausedUntil: () => number | undefined;
}

const MESSAGE_LENGTH = 500;

/** Runs a job of the system. What it throws is retried, then dead-lettered with the occurrence it was for; both are on record. */
export const runJob = ({ jobs, events, settler, notify, clock, metrics, pausedUntil }: RunJobDeps): Actor<JobDue> =>
  defineActor<JobDue>({
    name: 'run-job',
    receives: jobDue,
    concurrency: 8,
    leaseMs: 15 * SECOND,
    retryDelaysMs: [1, 5, 15, 60].map((seconds) => seconds * SECOND),
    pausedUntil,
    async handle({ run_id, trace_id, job_name, nominal_at }, { log, signal, traceparent, attempt }) {
      const job = jobs.find(({ name }) => name === job_name);
      if (job === undefined) throw new TerminalError('JOB_UNKNOWN', `there is no job '${job_name}'`);
      const now = new Date(clock.now());
      const begun = await events.begin(run_id, now);
      if (begun === undefined) return;
      if (attempt === 1) metrics.begun(begun);
      const run = { nominalAt: new Date(nominal_at), now, traceId: trace_id, signal, log };
      try {
        const report = await job.run({ ...run, notify: (notices) => notify(notices, { traceId: trace_id, traceparent }) });
        await settler.settle({ traceId: trace_id, status: 'completed', finishedAt: new Date(clock.now()), report, told: false });
      } catch (error) {
        await events.noteError(run_id, errorMessage(error).slice(0, MESSAGE_LENGTH)).catch(() => {});
        throw error;
      }
    },
    async onDeadLetter({ trace_id }, { code, message }) {
      await settler.settle({
        traceId: trace_id,
        status: 'dead_lettered',
        finishedAt: new Date(clock.now()),
        reason: code,
        errorMessage: message.slice(0, MESSAGE_LENGTH),
        told: false,
      });
    },
  });
