import { type ServiceName, SERVICES } from '@techno/contracts';

/** One metric as dashboards, alerts and people rely on it. What is not declared here may not be exposed. */
export interface DeclaredMetric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Every series has exactly these labels (`le` of a bucket apart). */
  readonly labels: readonly string[];
  /** Processes of these services expose the metric. */
  readonly by: readonly ServiceName[];
  /** Those of them that have at least one series of it, once everything has been exercised. */
  readonly series: readonly ServiceName[];
  /** There is a series only after something has happened that need not happen: OBS_SPARSE says whether it must be there. */
  readonly sparse?: true;
}

const ALL = SERVICES;
const WITH_ACTORS = SERVICES.filter((service) => service !== 'gateway');

type Options = Partial<Pick<DeclaredMetric, 'by' | 'series' | 'sparse'>>;

const declared =
  (type: DeclaredMetric['type']) =>
  (labels: string, { by = ALL, series = by, sparse }: Options = {}): DeclaredMetric => ({
    type,
    labels: labels === '' ? [] : labels.split(' '),
    by,
    series,
    ...(sparse === undefined ? {} : { sparse }),
  });
const counter = declared('counter');
const gauge = declared('gauge');
const histogram = declared('histogram');

const own = (...services: ServiceName[]): Options => ({ by: services });
const seenAt = (...services: ServiceName[]): Options => ({ series: services });
const sparse = (options: Options): Options => ({ ...options, sparse: true });

/** Every metric by its name. libs/telemetry/README.md says who counts it. */
export const METRICS: Readonly<Record<string, DeclaredMetric>> = {
  techno_build_info: gauge('version'),

  // HTTP
  process_requests_total: counter(''),
  techno_requests_total: counter('method route status', seenAt('gateway')),
  techno_request_latency_seconds: histogram('method route', seenAt('gateway')),
  load_shed_total: counter('reason'),
  webhook_rejections_total: counter('source reason', sparse(seenAt('gateway'))),
  sweeper_driven_total: counter('', own('gateway')),
  sweeper_behind_seconds: gauge('', own('gateway')),
  driver_backlog: gauge('', own('gateway')),

  // Gates, executors, model
  gate_decisions_total: counter('gate decision'),
  prompt_injection_blocked_total: counter(''),
  executor_calls_total: counter('executor', seenAt('executor')),
  action_results_total: counter('status', seenAt('executor', 'gate-engine')),
  breaker_open: gauge('breaker', sparse({ ...own('executor', 'notifier'), series: ['executor'] })),
  llm_request_seconds: histogram('model', own('executor')),
  llm_requests_total: counter('model outcome', own('executor')),
  llm_tokens_total: counter('model direction', own('executor')),
  llm_cost_usd_total: counter('model', own('executor')),

  // Actors and the bus
  actor_attempts_total: counter('actor outcome', seenAt(...WITH_ACTORS)),
  actor_attempt_duration_seconds: histogram('actor', seenAt(...WITH_ACTORS)),
  actor_in_flight: gauge('actor', seenAt(...WITH_ACTORS)),
  actor_retries_total: counter('actor code', sparse(seenAt('executor'))),
  dead_letters_total: counter('actor code', sparse(seenAt('executor'))),
  consumer_lag: gauge('stream consumer', seenAt(...WITH_ACTORS)),
  consumer_unacked: gauge('stream consumer', seenAt(...WITH_ACTORS)),
  consumer_redelivered: gauge('stream consumer', seenAt(...WITH_ACTORS)),
  stream_messages: gauge('stream', seenAt(...WITH_ACTORS)),
  stream_bytes: gauge('stream', seenAt(...WITH_ACTORS)),
  stream_limit_bytes: gauge('stream', seenAt(...WITH_ACTORS)),
  stream_oldest_seconds: gauge('stream', seenAt('gate-engine', 'executor', 'auditor')),

  // Record
  database_query_seconds: histogram('statement'),
  database_failures_total: counter('code'),
  database_connections: gauge('state'),
  audit_rows_total: counter('', own('auditor')),
  audit_behind_seconds: gauge('consumer', own('auditor')),

  // Dead letters
  dead_letters_pending: gauge('actor', sparse(own('dlq-replayer'))),
  dead_letters_oldest_seconds: gauge('actor', sparse(own('dlq-replayer'))),
  replays_total: counter('actor outcome', sparse(own('dlq-replayer'))),

  // Notifications
  notifications_total: counter('channel status', own('notifier')),
  notification_latency_seconds: histogram('channel', own('notifier')),
  notification_attempts_total: counter('channel class', own('notifier')),
  notification_fallbacks_total: counter('channel reason', sparse(own('notifier'))),
  notification_queue_age_seconds: gauge('channel', own('notifier')),

  // Jobs
  worker_job_count_total: counter('job_name status', own('scheduler')),
  worker_job_latency_seconds: histogram('job_name', own('scheduler')),
  worker_job_lateness_seconds: histogram('job_name', own('scheduler')),
  worker_job_missed_total: counter('job_name', own('scheduler')),
  scheduler_driven_total: counter('', own('scheduler')),

  // The process and its telemetry
  healthcheck_up: gauge('check'),
  healthcheck_failures_total: counter('check'),
  log_lines_dropped_total: counter(''),
  trace_spans_exported_total: counter('outcome'),
  event_loop_lag_seconds: gauge('stat'),
  process_cpu_user_seconds_total: counter(''),
  process_cpu_system_seconds_total: counter(''),
  process_cpu_seconds_total: counter(''),
  process_start_time_seconds: gauge(''),
  process_resident_memory_bytes: gauge(''),
  process_virtual_memory_bytes: gauge(''),
  process_heap_bytes: gauge(''),
  process_open_fds: gauge(''),
  process_max_fds: gauge(''),
  nodejs_eventloop_lag_seconds: gauge(''),
  nodejs_eventloop_lag_min_seconds: gauge(''),
  nodejs_eventloop_lag_max_seconds: gauge(''),
  nodejs_eventloop_lag_mean_seconds: gauge(''),
  nodejs_eventloop_lag_stddev_seconds: gauge(''),
  nodejs_eventloop_lag_p50_seconds: gauge(''),
  nodejs_eventloop_lag_p90_seconds: gauge(''),
  nodejs_eventloop_lag_p99_seconds: gauge(''),
  nodejs_active_resources: gauge('type'),
  nodejs_active_resources_total: gauge(''),
  nodejs_active_handles: gauge('type'),
  nodejs_active_handles_total: gauge(''),
  nodejs_active_requests: gauge('type', sparse(seenAt())),
  nodejs_active_requests_total: gauge(''),
  nodejs_heap_size_total_bytes: gauge(''),
  nodejs_heap_size_used_bytes: gauge(''),
  nodejs_external_memory_bytes: gauge(''),
  nodejs_heap_space_size_total_bytes: gauge('space'),
  nodejs_heap_space_size_used_bytes: gauge('space'),
  nodejs_heap_space_size_available_bytes: gauge('space'),
  nodejs_version_info: gauge('version major minor patch'),
  nodejs_gc_duration_seconds: histogram('kind'),
};

/** Series that a metric has in the exposition: a histogram has three names. */
export function seriesNames(name: string, { type }: DeclaredMetric): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
}
