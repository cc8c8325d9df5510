import { dashboard } from '../panels/dashboard.ts';
import { tracesOf } from '../panels/links.ts';
import { graph, stat } from '../panels/panels.ts';
import { rate } from '../panels/promql.ts';

export const deadLetters = () =>
  dashboard({
    uid: 'techno-dead-letters',
    title: 'Dead letters',
    description: 'What failed for good, why, and what became of its replays. `npx techno dlq groups` shows the messages.',
    sections: [
      {
        title: 'Waiting',
        panels: [
          stat({
            title: 'Pending',
            description: 'Dead letters that wait for somebody. The alert DeadLettersPending.',
            queries: [{ expr: 'sum(dead_letters_pending)' }],
            span: 8,
            warnFrom: 1,
            alarmFrom: 100,
          }),
          stat({
            title: 'Oldest',
            description: 'Since the first failure of the oldest one. The alert DeadLetterAge.',
            queries: [{ expr: 'max(dead_letters_oldest_seconds)' }],
            unit: 's',
            span: 8,
            warnFrom: 3_600,
            alarmFrom: 86_400,
          }),
          stat({
            title: 'Replays under way',
            description: 'Sent, and not yet ended: what was sent less what ended, over 1 h.',
            queries: [
              {
                expr: 'sum(increase(replays_total{outcome="sent"}[1h])) - sum(increase(replays_total{outcome!="sent"}[1h]))',
              },
            ],
            span: 8,
            decimals: 0,
          }),
          graph({
            title: 'Pending by actor',
            description: 'The actor that gave the messages up.',
            queries: [{ expr: 'max by (actor) (dead_letters_pending)', legend: '{{actor}}' }],
            stacked: true,
          }),
          graph({
            title: 'Age of the oldest by actor',
            description: 'Grows until it is replayed or discarded.',
            queries: [{ expr: 'max by (actor) (dead_letters_oldest_seconds)', legend: '{{actor}}' }],
            unit: 's',
          }),
        ],
      },
      {
        title: 'Coming in and going out',
        panels: [
          graph({
            title: 'Given up, by cause',
            description: 'Actor and error code; docs/ERRORS.md says what each code means and what to do.',
            queries: [{ expr: rate('dead_letters_total', ['actor', 'code']), legend: '{{actor}} {{code}}' }],
            unit: 'ops',
            links: [tracesOf('dlq-replayer')],
          }),
          graph({
            title: 'Replays by outcome',
            description: 'sent, completed, failed again, or denied by the gates of today.',
            queries: [{ expr: rate('replays_total', ['outcome']), legend: '{{outcome}}' }],
            unit: 'ops',
          }),
          graph({
            title: 'Retries that lead there',
            description: 'Attempts that failed and will be made again, by code: what rises here arrives above.',
            queries: [{ expr: rate('actor_retries_total', ['code']), legend: '{{code}}' }],
            unit: 'ops',
          }),
          graph({
            title: 'Not collected yet',
            description: 'Dead letters the replayer has not stored, and advisories of nats-server it has not followed.',
            queries: [
              {
                expr: 'max by (consumer) (consumer_lag{consumer=~"collect-dead-letters|follow-advisories"})',
                legend: '{{consumer}}',
              },
            ],
          }),
        ],
      },
    ],
  });
