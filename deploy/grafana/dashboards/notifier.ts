import { dashboard } from '../panels/dashboard.ts';
import { tracesOf } from '../panels/links.ts';
import { graph, stat } from '../panels/panels.ts';
import { quantile, rate, share } from '../panels/promql.ts';

const CHANNELS = ['whatsapp', 'email', 'sms', 'webhook'] as const;

export const notifier = () =>
  dashboard({
    uid: 'techno-notifier',
    title: 'Notifier by channel',
    description: 'Does what people should be told reach them? By channel: attempts, endings, time, fallbacks.',
    sections: [
      {
        title: 'All channels',
        panels: [
          graph({
            title: 'Deliveries that ended',
            description: 'By the channel they ended on and how. FAILED: every channel of the contact was tried.',
            queries: [{ expr: rate('notifications_total', ['channel', 'status']), legend: '{{channel}} {{status}}' }],
            unit: 'ops',
            stacked: true,
            links: [tracesOf('notifier')],
          }),
          graph({
            title: 'Fallbacks',
            description: 'Deliveries that went on to the next channel, by the one given up and why.',
            queries: [{ expr: rate('notification_fallbacks_total', ['channel', 'reason']), legend: '{{channel}} {{reason}}' }],
            unit: 'ops',
          }),
          graph({
            title: 'Age of the oldest that is due',
            description: 'How long the oldest delivery that could be sent has waited.',
            queries: [{ expr: 'max by (channel) (notification_queue_age_seconds)', legend: '{{channel}}' }],
            unit: 's',
          }),
          graph({
            title: 'Doors',
            description: '1 while a channel is closed, because its provider fails or its session is away.',
            queries: [{ expr: 'max by (breaker) (breaker_open{service="notifier"})', legend: '{{breaker}}' }],
            max: 1,
          }),
        ],
      },
      ...CHANNELS.map((channel) => ({
        title: channel,
        panels: [
          stat({
            title: `${channel}: failed attempts`,
            description: 'Share of attempts that the provider did not take.',
            queries: [
              {
                expr: share(
                  `notification_attempts_total{channel="${channel}",class=~"FAILED_.*|UNKNOWN"}`,
                  `notification_attempts_total{channel="${channel}"}`,
                ),
              },
            ],
            unit: 'percentunit',
            warnFrom: 0.1,
            alarmFrom: 0.5,
          }),
          graph({
            title: `${channel}: attempts`,
            description: 'ACCEPTED: the provider has it. SKIPPED: no address, suppressed, or the channel is off.',
            queries: [{ expr: rate(`notification_attempts_total{channel="${channel}"}`, ['class']), legend: '{{class}}' }],
            unit: 'ops',
            span: 10,
          }),
          graph({
            title: `${channel}: time to arrive`,
            description: 'From accepted to delivered; to taken, where the channel says no more.',
            queries: [0.5, 0.95].map((of) => ({
              expr: quantile(of, 'notification_latency_seconds', { matchers: `channel="${channel}"` }),
              legend: `p${of * 100}`,
            })),
            unit: 's',
            span: 10,
          }),
        ],
      })),
    ],
  });
