import type { ChannelName } from '@techno/contracts';
import { createSafeFetch } from '@techno/http';
import { type Clock, SECOND } from '@techno/kernel';
import { createBreakers } from '@techno/resilience';
import type { NotifierConfig } from '../config.ts';
import type { ChannelLimits } from '../dispatch/dispatcher.ts';
import type { Channel } from './channel.ts';
import { speaksAgainst } from './classify.ts';
import { evolutionChannel } from './evolution.ts';
import { smtpChannel } from './smtp.ts';
import { twilioChannel } from './twilio.ts';
import { webhookChannel } from './webhook.ts';
import { whaticketChannel } from './whaticket.ts';

/** The channels that are configured; the others are passed over. */
export function configuredChannels(config: NotifierConfig, clock: Clock): Channel[] {
  const http = { fetch: createSafeFetch({ allow: config.TECHNO_EGRESS_ALLOW }), clock };
  const channels: (Channel | undefined)[] = [whatsapp(config, http), email(config), sms(config, http)];
  if (config.CHANNEL_WEBHOOK_KEY !== undefined) {
    const breakers = createBreakers({ countsAgainst: speaksAgainst, halfOpenAfterMs: config.TECHNO_NOTIFY_BREAKER_MS });
    channels.push(webhookChannel({ ...http, masterKey: config.CHANNEL_WEBHOOK_KEY, breakers }));
  }
  return channels.filter((channel) => channel !== undefined);
}

type Http = Pick<Parameters<typeof evolutionChannel>[0], 'fetch' | 'clock'>;

function whatsapp(config: NotifierConfig, http: Http): Channel | undefined {
  const { CHANNEL_WHATSAPP_URL: url, CHANNEL_WHATSAPP_TOKEN: token, CHANNEL_WHATSAPP_KEYED: keyed } = config;
  if (url === undefined || token === undefined) return undefined;
  const baseUrl = url.replace(/\/+$/, '');
  switch (config.CHANNEL_WHATSAPP_PROVIDER) {
    case 'evolution':
      return evolutionChannel({ ...http, baseUrl, apiKey: token, instance: config.CHANNEL_WHATSAPP_INSTANCE, keyed });
    case 'whaticket':
      return whaticketChannel({ ...http, baseUrl, token, keyed });
  }
}

function email(config: NotifierConfig): Channel | undefined {
  if (config.CHANNEL_EMAIL_URL === undefined) return undefined;
  return smtpChannel({
    url: config.CHANNEL_EMAIL_URL,
    from: config.CHANNEL_EMAIL_FROM,
    unsubscribeUrl: config.CHANNEL_EMAIL_UNSUBSCRIBE_URL,
    plain: config.CHANNEL_EMAIL_PLAIN,
  });
}

function sms(config: NotifierConfig, http: Http): Channel | undefined {
  const { CHANNEL_SMS_URL: url, CHANNEL_SMS_ACCOUNT: account, CHANNEL_SMS_TOKEN: token, CHANNEL_SMS_FROM: from } = config;
  if (url === undefined || account === undefined || token === undefined || from === undefined) return undefined;
  return twilioChannel({ ...http, baseUrl: url.replace(/\/+$/, ''), account, token, from, keyed: config.CHANNEL_SMS_KEYED });
}

/** How fast each may send. Endpoints of webhooks and mailboxes need no rest; phones do. */
export function limitsOf(channel: ChannelName, config: NotifierConfig): ChannelLimits {
  const restMs = config.TECHNO_NOTIFY_RECIPIENT_REST_MS;
  switch (channel) {
    case 'whatsapp':
      return limits(config.CHANNEL_WHATSAPP_PER_SECOND, config.CHANNEL_WHATSAPP_BURST, restMs, 8);
    case 'sms':
      return limits(config.CHANNEL_SMS_PER_SECOND, config.CHANNEL_SMS_BURST, restMs, 8);
    case 'email':
      return limits(config.CHANNEL_EMAIL_PER_SECOND, config.CHANNEL_EMAIL_BURST, 0, 8);
    case 'webhook':
      return limits(config.CHANNEL_WEBHOOK_PER_SECOND, config.CHANNEL_WEBHOOK_BURST, 0, 32);
  }
}

function limits(perSecond: number, burst: number, recipientRestMs: number, concurrency: number): ChannelLimits {
  // A burst of a tenth of a second at least, or a fast pace would be held up by how often it is looked at.
  return {
    pace: { perSecond, burst: Math.max(burst, perSecond / 10, 1) },
    recipientRestMs: Math.min(recipientRestMs, 60 * SECOND),
    concurrency,
  };
}
