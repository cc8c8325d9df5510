import { dashboard } from '../panels/dashboard.ts';
import { graph, stat, table } from '../panels/panels.ts';
import { quantile, rate, WINDOW } from '../panels/promql.ts';

export const runtime = () =>
  dashboard({
    uid: 'techno-runtime',
    title: 'Runtime',
    description: 'What the processes use: processor, memory, event loop, database, and whether their telemetry gets out.',
    sections: [
      {
        title: 'Processes',
        panels: [
          table({
            title: 'Versions',
            description: 'More than one version: a rollout is under way, or it stopped half way.',
            queries: [{ expr: 'count by (service, version) (techno_build_info)' }],
          }),
          graph({
            title: 'Uptime',
            description: 'A saw tooth is a process that is started again and again.',
            queries: [
              { expr: 'time() - min by (service, instance) (process_start_time_seconds)', legend: '{{service}} {{instance}}' },
            ],
            unit: 's',
          }),
          graph({
            title: 'Processor',
            description: 'Cores used.',
            queries: [{ expr: rate('process_cpu_seconds_total', ['service', 'instance']), legend: '{{service}} {{instance}}' }],
            decimals: 2,
          }),
          graph({
            title: 'Memory',
            description: 'Resident set.',
            queries: [{ expr: 'max by (service, instance) (process_resident_memory_bytes)', legend: '{{service}} {{instance}}' }],
            unit: 'bytes',
          }),
          graph({
            title: 'Heap in use',
            description: 'JavaScript objects. Flat under a steady load, or something is kept.',
            queries: [{ expr: 'max by (service, instance) (nodejs_heap_size_used_bytes)', legend: '{{service}} {{instance}}' }],
            unit: 'bytes',
          }),
          graph({
            title: 'Event loop lag, p99',
            description: 'How late timers ran. Above 100 ms everything in that process waits.',
            queries: [
              { expr: 'max by (service, instance) (event_loop_lag_seconds{stat="p99"})', legend: '{{service}} {{instance}}' },
            ],
            unit: 's',
          }),
          graph({
            title: 'Garbage collection',
            description: 'Share of time spent in it.',
            queries: [
              {
                expr: `sum by (service, instance) (rate(nodejs_gc_duration_seconds_sum[${WINDOW}]))`,
                legend: '{{service}} {{instance}}',
              },
            ],
            unit: 'percentunit',
          }),
          graph({
            title: 'File descriptors',
            description: 'Sockets included.',
            queries: [{ expr: 'max by (service, instance) (process_open_fds)', legend: '{{service}} {{instance}}' }],
          }),
        ],
      },
      {
        title: 'PostgreSQL, as the services see it',
        panels: [
          stat({
            title: 'Reached by all',
            description: '0: at least one process cannot reach PostgreSQL.',
            queries: [{ expr: 'min(healthcheck_up{check="postgres"})' }],
            span: 8,
            alarmBelow: 1,
          }),
          stat({
            title: 'P95 of a statement',
            description: 'Over all prepared statements. The alert DatabaseSlowQueries.',
            queries: [{ expr: quantile(0.95, 'database_query_seconds') }],
            unit: 's',
            span: 8,
            warnFrom: 0.1,
            alarmFrom: 0.5,
          }),
          stat({
            title: 'Failed in 5 min',
            description: 'Statements that ended in an error.',
            queries: [{ expr: 'sum(increase(database_failures_total[5m]))' }],
            span: 8,
            alarmFrom: 1,
            decimals: 0,
          }),
          graph({
            title: 'Slowest statements, p95',
            description: 'Statements have names; libs/storage holds their text.',
            queries: [
              {
                expr: `topk(10, ${quantile(0.95, 'database_query_seconds', { by: ['service', 'statement'] })})`,
                legend: '{{service}} {{statement}}',
              },
            ],
            unit: 's',
          }),
          graph({
            title: 'Statements',
            description: 'Per second. A group commit is one statement for many rows.',
            queries: [{ expr: rate('database_query_seconds_count', ['service']), legend: '{{service}}' }],
            unit: 'ops',
            stacked: true,
          }),
          graph({
            title: 'Connections',
            description: 'waiting above 0 for long: the pool is too small or the database too slow.',
            queries: [{ expr: 'sum by (service, state) (database_connections)', legend: '{{service}} {{state}}' }],
          }),
          graph({
            title: 'Failures by code',
            description:
              'STORE_UNAVAILABLE: no answer. STORE_REFUSED: the data. STORE_SCHEMA_MISMATCH: a release half rolled out.',
            queries: [{ expr: rate('database_failures_total', ['service', 'code']), legend: '{{service}} {{code}}' }],
            unit: 'ops',
          }),
        ],
      },
      {
        title: 'Telemetry about itself',
        panels: [
          graph({
            title: 'Log lines that were dropped',
            description: 'The reader of the log stalled, or the disk is full.',
            queries: [{ expr: rate('log_lines_dropped_total', ['service']), legend: '{{service}}' }],
            unit: 'ops',
          }),
          graph({
            title: 'Spans exported',
            description: 'failed: the collector did not take them.',
            queries: [{ expr: rate('trace_spans_exported_total', ['service', 'outcome']), legend: '{{service}} {{outcome}}' }],
            unit: 'ops',
          }),
        ],
      },
    ],
  });
