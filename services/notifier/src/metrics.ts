import { type AttemptClass, type ChannelName, CHANNELS, type DeliveryStatus } from '@techno/contracts';
import type { BreakerState } from '@techno/resilience';
import type { Metrics } from '@techno/telemetry';
import { hasArrived } from './delivery/news.ts';

export interface NotifierMetrics {
  attempt(channel: ChannelName, attemptClass: AttemptClass): void;
  settled(channel: ChannelName | undefined, status: DeliveryStatus, seconds: number): void;
  fellBack(from: ChannelName | undefined, code: string): void;
  breaker(name: string, state: BreakerState): void;
  ages(seconds: ReadonlyMap<ChannelName, number>): void;
}

/** Why a channel was given up, as a label: codes are many, reasons few. */
function reasonOf(code: string): string {
  if (code === 'NO_RECEIPT') return 'no_receipt';
  if (code === 'RECEIPT_FAILED') return 'receipt_failed';
  return /^(?:STATUS_[45]\d\d|SMTP_\w+|ADDRESS_REFUSED|UPSTREAM_\w+|PROVIDER_\w+)$/.test(code) ? 'failed' : 'other';
}

export function notifierMetrics(metrics: Pick<Metrics, 'counter' | 'gauge' | 'histogram'>): NotifierMetrics {
  const settled = metrics.counter({
    name: 'notifications_total',
    help: 'Deliveries that ended, by the channel they ended on and how',
    labels: ['channel', 'status'],
  });
  const latency = metrics.histogram({
    name: 'notification_latency_seconds',
    help: 'From accepted to delivered (to taken, where the channel says no more)',
    labels: ['channel'],
    bucketsSeconds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200],
  });
  const attempts = metrics.counter({
    name: 'notification_attempts_total',
    help: 'Attempts by channel and class',
    labels: ['channel', 'class'],
  });
  const fallbacks = metrics.counter({
    name: 'notification_fallbacks_total',
    help: 'Deliveries that went on to the next channel, by the one given up and why',
    labels: ['channel', 'reason'],
  });
  const breakers = metrics.gauge({ name: 'breaker_open', help: '1 while the breaker is open', labels: ['breaker'] });
  const ages = metrics.gauge({
    name: 'notification_queue_age_seconds',
    help: 'Age of the oldest delivery that is due and not sent',
    labels: ['channel'],
  });
  return {
    attempt: (channel, attemptClass) => attempts({ channel, class: attemptClass }).inc(),
    settled(channel, status, seconds) {
      settled({ channel: channel ?? 'none', status }).inc();
      if (channel !== undefined && hasArrived(status)) latency({ channel })(Math.max(0, seconds));
    },
    fellBack: (from, code) => fallbacks({ channel: from ?? 'none', reason: reasonOf(code) }).inc(),
    breaker: (name, state) => breakers({ breaker: name }).set(state === 'open' ? 1 : 0),
    ages(seconds) {
      for (const channel of CHANNELS) ages({ channel }).set(seconds.get(channel) ?? 0);
    },
  };
}
