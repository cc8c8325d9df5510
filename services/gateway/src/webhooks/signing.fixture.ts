import { createHmac } from 'node:crypto';

/** What senders do, written apart from what verifies it. Times are whole seconds since the epoch. */

/** The `webhook-signature` entry of Standard Webhooks. */
export function signStandard(secret: string, id: string, timestampS: number | string, body: Buffer | string): string {
  const content = Buffer.concat([Buffer.from(`${id}.${timestampS}.`), Buffer.from(body)]);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
}

/** The value of `X-Hub-Signature-256`. */
export function signGithub(secret: string, body: Buffer | string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** The value of `Stripe-Signature`. */
export function signTimestamped(secret: string, timestampS: number, body: Buffer | string): string {
  const content = Buffer.concat([Buffer.from(`${timestampS}.`), Buffer.from(body)]);
  return `t=${timestampS},v1=${createHmac('sha256', secret).update(content).digest('hex')}`;
}

/** A lookup as the server gives it: by lower-case name. */
export function headersOf(headers: Record<string, string | undefined>): (name: string) => string | undefined {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => lower.get(name);
}
