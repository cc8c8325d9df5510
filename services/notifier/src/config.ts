import { SECOND } from '@techno/kernel';
import { hexKey, readConfig } from '@techno/service';
import { z } from 'zod';

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true');
const rate = (perSecond: number) => z.coerce.number().positive().max(10_000).default(perSecond).describe(String(perSecond));
const durationMs = (ms: number) => z.coerce.number().int().min(1).default(ms).describe(String(ms));
const delays = z
  .string()
  .transform((list) => list.split(',').map(Number))
  .refine((list) => list.every((ms) => Number.isFinite(ms) && ms > 0), 'milliseconds, comma-separated');

const shape = {
  TECHNO_EGRESS_ALLOW: z
    .string()
    .default('')
    .describe('127.0.0.1:8025')
    .transform((list) => list.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]))),

  CHANNEL_WHATSAPP_PROVIDER: z.enum(['evolution', 'whaticket']).default('evolution').describe('evolution'),
  CHANNEL_WHATSAPP_URL: z.url().optional().describe('https://evolution.example.org'),
  CHANNEL_WHATSAPP_TOKEN: z.string().optional().describe('the apikey, or the bearer token'),
  CHANNEL_WHATSAPP_INSTANCE: z.string().default('main').describe('main'),
  /** The provider, or a proxy before it, takes an Idempotency-Key once. */
  CHANNEL_WHATSAPP_KEYED: flag.describe('true'),
  /** Numbers that send like machines are banned. */
  CHANNEL_WHATSAPP_PER_SECOND: rate(1),
  CHANNEL_WHATSAPP_BURST: rate(5),

  CHANNEL_EMAIL_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe('smtp://user:password@mail.example.org:587'),
  CHANNEL_EMAIL_FROM: z.string().default('Techno OS <techno@localhost.localdomain>').describe('Techno OS <techno@example.org>'),
  CHANNEL_EMAIL_UNSUBSCRIBE_URL: z.url().optional().describe('https://example.org/unsubscribe'),
  /** Only for a catcher on this machine. */
  CHANNEL_EMAIL_PLAIN: flag.describe('true'),
  CHANNEL_EMAIL_PER_SECOND: rate(20),
  CHANNEL_EMAIL_BURST: rate(40),

  CHANNEL_SMS_URL: z.url().optional().describe('https://api.twilio.com'),
  CHANNEL_SMS_ACCOUNT: z.string().optional().describe('AC…'),
  CHANNEL_SMS_TOKEN: z.string().optional().describe('the auth token'),
  CHANNEL_SMS_FROM: z.string().optional().describe('+15005550006'),
  CHANNEL_SMS_KEYED: flag.describe('true'),
  CHANNEL_SMS_PER_SECOND: rate(1),
  CHANNEL_SMS_BURST: rate(5),

  /** Every recipient's webhook secret is derived from it. */
  CHANNEL_WEBHOOK_KEY: hexKey.optional().describe('64 hex digits'),
  CHANNEL_WEBHOOK_PER_SECOND: rate(100),
  CHANNEL_WEBHOOK_BURST: rate(200),

  /** Rest between two messages to one recipient by WhatsApp or SMS. */
  TECHNO_NOTIFY_RECIPIENT_REST_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(1 * SECOND)
    .describe('1000'),
  TECHNO_NOTIFY_RETRY_MS: delays.default([5_000, 15_000, 45_000, 90_000]).describe('5000,15000,45000,90000'),
  TECHNO_NOTIFY_SLOW_MS: delays.default([300_000, 1_800_000, 7_200_000, 43_200_000]).describe('300000,1800000,7200000,43200000'),
  TECHNO_NOTIFY_RECEIPT_MS: durationMs(60 * SECOND),
  /** Longer than any call takes; then a delivery whose process died is seen to. */
  TECHNO_NOTIFY_LEASE_MS: durationMs(60 * SECOND),
  TECHNO_NOTIFY_PROBE_MS: durationMs(5 * SECOND),
  TECHNO_NOTIFY_BREAKER_MS: durationMs(10 * SECOND),
} as const;

/** Settings of the notifier. The only place here that reads the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return readConfig('notifier', shape, env);
}

export type NotifierConfig = ReturnType<typeof loadConfig>;
