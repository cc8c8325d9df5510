import { SECOND } from '@techno/kernel';
import type { StoredRun } from '@techno/storage';
import type { Metrics } from '@techno/telemetry';

export interface SchedulerMetrics {
  /** An occurrence was dealt with: it runs, waits, was skipped or missed. */
  planned(run: StoredRun): void;
  /** A run that waited begins. */
  begun(run: StoredRun): void;
  ended(run: StoredRun): void;
}

/** What users' schedules are called is theirs, so all of them are one `job_name`. */
export function schedulerMetrics(metrics: Pick<Metrics, 'counter' | 'histogram'>): SchedulerMetrics {
  const count = metrics.counter({
    name: 'worker_job_count_total',
    help: 'Runs that ended, were skipped or missed, by job and status',
    labels: ['job_name', 'status'],
  });
  const latency = metrics.histogram({
    name: 'worker_job_latency_seconds',
    help: 'How long runs took, from their start to their end',
    labels: ['job_name'],
    bucketsSeconds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  });
  const lateness = metrics.histogram({
    name: 'worker_job_lateness_seconds',
    help: 'From the nominal time of an occurrence to its start',
    labels: ['job_name'],
    bucketsSeconds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600],
  });
  const missed = metrics.counter({
    name: 'worker_job_missed_total',
    help: 'Occurrences that were late by more than their catch-up window',
    labels: ['job_name'],
  });

  function late({ jobName, trigger, scheduledAt, startedAt }: StoredRun): void {
    if (trigger !== 'tick' || startedAt === undefined) return;
    lateness({ job_name: jobName })(Math.max(0, startedAt.getTime() - scheduledAt.getTime()) / SECOND);
  }

  return {
    planned(run) {
      const { jobName: job_name, status } = run;
      if (status === 'running') late(run);
      if (status !== 'skipped' && status !== 'missed') return;
      // One row may stand for many.
      const many = (run.payload as { occurrences?: number } | undefined)?.occurrences ?? 1;
      count({ job_name, status }).inc(many);
      if (status === 'missed') missed({ job_name }).inc(many);
    },
    begun: late,
    ended({ jobName: job_name, status, runtimeSeconds }) {
      count({ job_name, status }).inc();
      // Shown at 0 before the first, so that the first is an increase.
      missed({ job_name });
      if (runtimeSeconds !== undefined) latency({ job_name })(Math.max(0, runtimeSeconds));
    },
  };
}
