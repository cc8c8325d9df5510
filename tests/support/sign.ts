import { createHmac, randomBytes } from 'node:crypto';

/** What senders of webhooks do, by each scheme. Times are whole seconds since the epoch. */
export interface Signed {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export const nowS = (): number => Math.floor(Date.now() / 1_000);

export function newStandardSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** https://www.standardwebhooks.com: base64 HMAC-SHA256 of `id.timestamp.body`. */
export function standard(secret: string, body: string, id: string, timestamp = nowS()): Signed {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    body,
    headers: { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` },
  };
}

/** As GitHub signs: hex HMAC-SHA256 of the body. */
export function github(secret: string, body: string): Signed {
  return { body, headers: { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` } };
}

/** As Stripe signs: hex HMAC-SHA256 of `timestamp.body`. */
export function timestamped(secret: string, body: string, timestamp = nowS()): Signed {
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { body, headers: { 'stripe-signature': `t=${timestamp},v1=${signature}` } };
}

/** A static token in a header. */
export function token(secret: string, body: string, header: string): Signed {
  return { body, headers: { [header]: secret } };
}
