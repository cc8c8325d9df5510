import { dashboard } from '../panels/dashboard.ts';
import { tracesOf } from '../panels/links.ts';
import { graph, stat } from '../panels/panels.ts';
import { quantile, rate, share } from '../panels/promql.ts';

export const scheduler = () =>
  dashboard({
    uid: 'techno-scheduler',
    title: 'Scheduler',
    description: 'Do jobs run, in time, and to their end?',
    sections: [
      {
        title: 'Jobs',
        panels: [
          stat({
            title: 'Runs in 1 h',
            description: 'Runs that ended, were skipped or missed.',
            queries: [{ expr: 'sum(increase(worker_job_count_total[1h]))' }],
            span: 6,
            decimals: 0,
          }),
          stat({
            title: 'Not completed',
            description: 'Share of runs that failed, were skipped or missed.',
            queries: [{ expr: share('worker_job_count_total{status!="completed"}', 'worker_job_count_total') }],
            unit: 'percentunit',
            span: 6,
            warnFrom: 0.05,
            alarmFrom: 0.25,
          }),
          stat({
            title: 'Missed in 1 h',
            description: 'Occurrences later than their catch-up window: they will not run. The alert JobMissed.',
            queries: [{ expr: 'sum(increase(worker_job_missed_total[1h]))' }],
            span: 6,
            alarmFrom: 1,
            decimals: 0,
          }),
          stat({
            title: 'P95 of lateness',
            description: 'From the nominal time of an occurrence to its start.',
            queries: [{ expr: quantile(0.95, 'worker_job_lateness_seconds') }],
            unit: 's',
            span: 6,
            warnFrom: 5,
            alarmFrom: 60,
          }),
          graph({
            title: 'Runs by job and status',
            description: 'What users’ own schedules are called is theirs: all of them are one job here.',
            queries: [{ expr: rate('worker_job_count_total', ['job_name', 'status']), legend: '{{job_name}} {{status}}' }],
            unit: 'ops',
            stacked: true,
            links: [tracesOf('scheduler')],
          }),
          graph({
            title: 'P95 of a run',
            description: 'From its start to its end.',
            queries: [{ expr: quantile(0.95, 'worker_job_latency_seconds', { by: ['job_name'] }), legend: '{{job_name}}' }],
            unit: 's',
          }),
          graph({
            title: 'P95 of lateness by job',
            description: 'A rise for all of them: the scheduler is behind. For one: its runs overlap.',
            queries: [{ expr: quantile(0.95, 'worker_job_lateness_seconds', { by: ['job_name'] }), legend: '{{job_name}}' }],
            unit: 's',
          }),
          graph({
            title: 'Ticks and runs that wait',
            description: 'Lag of the scheduler’s consumers.',
            queries: [{ expr: 'max by (consumer) (consumer_lag{stream="JOBS"})', legend: '{{consumer}}' }],
          }),
        ],
      },
    ],
  });
