import { createHmac } from 'node:crypto';
import { TemporaryError } from '@techno/kernel';
import type { Breakers } from '@techno/resilience';
import { type Channel, ChannelFailure } from './channel.ts';
import { call, type HttpCall } from './http-call.ts';

export interface WebhookOptions extends HttpCall {
  /** Every recipient's secret is derived from it. */
  readonly masterKey: Buffer;
  /** One for each host: an endpoint that is down must not hold up the others. */
  readonly breakers: Breakers;
}

/** The `whsec_` secret of one recipient: nothing to store, nothing to leak but the master key. */
export function webhookSecret(masterKey: Buffer, recipient: string): string {
  return `whsec_${createHmac('sha256', masterKey).update(`webhook:${recipient}`).digest('base64')}`;
}

/**
 * POSTs a JSON event, signed as Standard Webhooks 1.0.0 has it: `webhook-id` the same over retries, so that the receiver can tell a repeat.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function webhookChannel(options: WebhookOptions): Channel {
  const { masterKey, breakers, clock } = options;
  return {
    name: 'webhook',
    provider: 'webhook',
    keyed: true,
    receipts: false,
    manyProviders: true,
    async send({ key, to, subject, text, severity, notificationId, recipient, media }, signal) {
      // A full stop separates what is signed.
      const id = key.replaceAll('.', '_');
      const timestamp = String(Math.floor(clock.now() / 1_000));
      const body = JSON.stringify({
        type: 'notification',
        timestamp: new Date(Number(timestamp) * 1_000).toISOString(),
        data: { notification_id: notificationId, severity, subject, text, media },
      });
      const secret = Buffer.from(webhookSecret(masterKey, recipient).slice('whsec_'.length), 'base64');
      const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      };
      try {
        await breakers
          .for(`webhook:${URL.parse(to)?.host ?? ''}`)
          .run(() => call(options, to, { method: 'POST', headers, body, signal }), signal);
      } catch (error) {
        if (!(error instanceof TemporaryError)) throw error;
        throw new ChannelFailure({ kind: 'resting', retryAfterMs: error.retryAfterMs ?? 1_000 }, error.message, { cause: error });
      }
      return { providerMessageId: id };
    },
  };
}
