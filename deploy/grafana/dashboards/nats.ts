import { dashboard } from '../panels/dashboard.ts';
import { graph, stat } from '../panels/panels.ts';
import { quantile, rate } from '../panels/promql.ts';

export const nats = () =>
  dashboard({
    uid: 'techno-nats',
    title: 'NATS and JetStream',
    description: 'How full the streams are and who lags behind, as the services see it.',
    sections: [
      {
        title: 'Streams',
        panels: [
          stat({
            title: 'Reached by all',
            description: '0: at least one process cannot reach nats-server.',
            queries: [{ expr: 'min(healthcheck_up{check="nats"})' }],
            span: 8,
            alarmBelow: 1,
          }),
          stat({
            title: 'Fullest stream',
            description: 'The alert StreamNearlyFull. A full stream drops its oldest messages; the record in Postgres stays.',
            queries: [{ expr: 'max(stream_bytes / stream_limit_bytes)' }],
            unit: 'percentunit',
            span: 8,
            warnFrom: 0.7,
            alarmFrom: 0.9,
          }),
          stat({
            title: 'Greatest lag',
            description: 'Messages that wait for the slowest consumer. The alert ConsumerLag.',
            queries: [{ expr: 'max(consumer_lag)' }],
            span: 8,
            warnFrom: 1_000,
            alarmFrom: 10_000,
          }),
          graph({
            title: 'How full',
            description: 'Bytes stored as a share of what the stream may hold.',
            queries: [{ expr: 'max by (stream) (stream_bytes / stream_limit_bytes)', legend: '{{stream}}' }],
            unit: 'percentunit',
          }),
          graph({
            title: 'Messages stored',
            description: 'By stream.',
            queries: [{ expr: 'max by (stream) (stream_messages)', legend: '{{stream}}' }],
          }),
        ],
      },
      {
        title: 'Consumers',
        panels: [
          graph({
            title: 'Lag',
            description: 'Messages stored for a consumer that it has not been given.',
            queries: [{ expr: 'max by (stream, consumer) (consumer_lag)', legend: '{{stream}} {{consumer}}' }],
          }),
          graph({
            title: 'In hand',
            description: 'Given and not settled yet.',
            queries: [{ expr: 'max by (stream, consumer) (consumer_unacked)', legend: '{{stream}} {{consumer}}' }],
          }),
          graph({
            title: 'Redelivered',
            description: 'In hand, and given out before: a process died, or a lease ran out.',
            queries: [{ expr: 'max by (stream, consumer) (consumer_redelivered)', legend: '{{stream}} {{consumer}}' }],
          }),
          graph({
            title: 'Attempts',
            description: 'By actor. A batch of the auditor or of the replayer is one attempt.',
            queries: [{ expr: rate('actor_attempts_total', ['actor', 'outcome']), legend: '{{actor}} {{outcome}}' }],
            unit: 'ops',
          }),
          graph({
            title: 'P95 of an attempt',
            description: 'By actor.',
            queries: [{ expr: quantile(0.95, 'actor_attempt_duration_seconds', { by: ['actor'] }), legend: '{{actor}}' }],
            unit: 's',
          }),
          graph({
            title: 'The audit trail',
            description: 'Rows written, and messages the auditor has not recorded. The alert AuditBehind.',
            queries: [
              { expr: rate('audit_rows_total'), legend: 'rows written per second' },
              { expr: 'max by (consumer) (consumer_lag{consumer=~"record-.*"})', legend: '{{consumer}} behind' },
            ],
          }),
        ],
      },
    ],
  });
