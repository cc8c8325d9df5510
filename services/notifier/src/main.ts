import { HOUR } from '@techno/kernel';
import { actor, loop, runService } from '@techno/service';
import { acceptNotification } from './actors/accept-notification.ts';
import { applyReceipts } from './actors/apply-receipts.ts';
import { configuredChannels, limitsOf } from './channels/channels.ts';
import { loadConfig, type NotifierConfig } from './config.ts';
import { notifierMetrics } from './metrics.ts';
import { createNotifier } from './notifier.ts';
import { contactRequests } from './requests/contacts.ts';
import { notificationRequests } from './requests/notifications.ts';
import { templateRequests } from './requests/templates.ts';

/** Failures in a row that close a channel's door. */
const BREAKER_FAILURES = 5;

await runService<NotifierConfig>({
  name: 'notifier',
  config: () => loadConfig(),
  poolSize: 8,
  async build({ config, telemetry, transport, database, clock }) {
    const { log, logEvents } = telemetry;
    const channels = configuredChannels(config, clock);
    const notifier = createNotifier({
      database,
      transport,
      channels,
      limitsOf: (channel) => limitsOf(channel, config),
      policy: {
        retryDelaysMs: config.TECHNO_NOTIFY_RETRY_MS,
        slowDelaysMs: config.TECHNO_NOTIFY_SLOW_MS,
        receiptTimeoutMs: config.TECHNO_NOTIFY_RECEIPT_MS,
      },
      breaker: {
        failures: BREAKER_FAILURES,
        halfOpenAfterMs: config.TECHNO_NOTIFY_BREAKER_MS,
        probeEveryMs: config.TECHNO_NOTIFY_PROBE_MS,
      },
      clock,
      random: Math.random,
      leaseMs: config.TECHNO_NOTIFY_LEASE_MS,
      metrics: notifierMetrics(telemetry.metrics),
      tracer: telemetry.tracer,
      logEvents,
      onProblem: (fields) => log.error(fields, 'notifier.problem'),
      onDoor: (fields) => log.warn(fields, 'channel.changed'),
    });
    const { accepter, applyReceipt, stores } = notifier;
    const pausedUntil = () => database.unavailableUntil();
    log.info({ channels: channels.map(({ name, provider }) => `${name}:${provider}`) }, 'channels.configured');
    return {
      actors: [actor(acceptNotification({ accepter, pausedUntil })), actor(applyReceipts({ apply: applyReceipt, pausedUntil }))],
      endpoints: [
        ...contactRequests({ contacts: stores.contacts, clock, webhookKey: config.CHANNEL_WEBHOOK_KEY }),
        ...templateRequests({ templates: stores.templates, clock }),
        ...notificationRequests({ notifications: stores.notifications, accepter }),
      ],
      loops: [
        ...notifier.dispatchers.map((dispatcher) => ({
          name: `dispatch-${dispatcher.channel}`,
          run: (signal: AbortSignal) => dispatcher.run(signal),
        })),
        ...notifier.intakes.map((intake) => ({
          name: `watch-${intake.name}`,
          run: (signal: AbortSignal) => intake.watch(signal),
        })),
        { name: 'look', run: (signal) => notifier.lookout.run(signal) },
        { name: 'sweep', run: (signal) => notifier.sweeper.run(signal) },
        loop('tidy', HOUR, (fields) => log.error(fields, 'notifier.problem'), notifier.tidy),
        { name: 'tell', run: (signal) => notifier.teller.run(signal) },
      ],
      async close() {
        for (const channel of channels) await channel.close?.();
      },
    };
  },
});
