import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './config.ts';
import { gatewayClient, type GatewayClient, GatewayError } from './gateway-client.ts';
import type { Secrets } from './secrets.ts';
import { DEMO_CONTACT, ON_CALL, ON_CALL_CONTACT, WELCOME_TEMPLATE } from './sample-notification.ts';

export const DEVELOPMENT_POLICY = path.join(ROOT, 'deploy/policy/development.json');
export const WEBHOOK_SOURCE = 'demo';
/** Where the WhatsApp provider reports what became of messages. */
export const RECEIPTS_SOURCE = 'whatsapp-receipts';
/** Where Alertmanager reports what fires. */
export const ALERTS_SOURCE = 'alertmanager';
const KEY_NAME = 'development';

/**
 * What a developer needs to begin: a policy, a key, a webhook source. Made through the gateway like anyone would, and
 * only where it is not there yet: what was changed since stays changed.
 * @returns the secrets with the development key in them
 */
export async function seed(gatewayUrl: string, secrets: Secrets): Promise<Secrets & { readonly apiKey: string }> {
  const admin = gatewayClient(gatewayUrl, secrets.bootstrapKey);
  await seedPolicy(admin);
  const apiKey =
    secrets.apiKey !== undefined && (await isAccepted(gatewayUrl, secrets.apiKey)) ? secrets.apiKey : await createKey(admin);
  await admin.call('PUT', `/v1/webhooks/${WEBHOOK_SOURCE}`, {
    scheme: 'standard',
    secrets: [secrets.webhookSecret],
    action: 'echo',
    context_id: 'webhooks',
  });
  await admin.call('PUT', `/v1/webhooks/${RECEIPTS_SOURCE}`, {
    scheme: 'token',
    secrets: [secrets.receiptsToken],
    action: 'record_receipt',
    context_id: 'webhooks',
    payload: { wrap: 'report' },
  });
  await admin.call('PUT', `/v1/webhooks/${ALERTS_SOURCE}`, {
    scheme: 'bearer',
    secrets: [secrets.alertsToken],
    action: 'notify',
    context_id: 'alerts',
    payload: { alerts: { recipients: [ON_CALL] } },
  });
  await seedNotifications(admin);
  return { ...secrets, apiKey };
}

async function seedPolicy(admin: GatewayClient): Promise<void> {
  try {
    await admin.call('GET', '/v1/policy');
  } catch (error) {
    if (!(error instanceof GatewayError) || error.status !== 404) throw error;
    const document: unknown = JSON.parse(await readFile(DEVELOPMENT_POLICY, 'utf8'));
    await admin.call('PUT', '/v1/policy', { document, note: 'The development policy' });
  }
}

/** Somebody to write to, and something to say in two languages. */
async function seedNotifications(admin: GatewayClient): Promise<void> {
  if (!(await isThere(admin, `/v1/contacts/${ON_CALL}`))) await admin.call('PUT', `/v1/contacts/${ON_CALL}`, ON_CALL_CONTACT);
  if (await isThere(admin, '/v1/contacts/demo')) return;
  await admin.call('PUT', '/v1/contacts/demo', DEMO_CONTACT);
  await admin.call('PUT', '/v1/templates/welcome', WELCOME_TEMPLATE);
}

async function isThere(admin: GatewayClient, path: string): Promise<boolean> {
  try {
    await admin.call('GET', path);
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.status === 404) return false;
    throw error;
  }
}

async function createKey(admin: GatewayClient): Promise<string> {
  const { body } = await admin.call('POST', '/v1/keys', { name: KEY_NAME, role: 'development', contexts: ['*'], mode: 'test' });
  return (body as { key: string }).key;
}

/** Asks for something cheap that every developer key may read. */
async function isAccepted(gatewayUrl: string, key: string): Promise<boolean> {
  try {
    await gatewayClient(gatewayUrl, key).call('GET', '/v1/actions?limit=1');
    return true;
  } catch (error) {
    if (error instanceof GatewayError && (error.status === 401 || error.status === 403)) return false;
    throw error;
  }
}
