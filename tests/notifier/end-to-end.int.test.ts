import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Launched, launch, type StackFile } from '../e2e/launched.ts';

type Stack = StackFile & { readonly standIns: { readonly url: string } };

let launched: Launched;
let stack: Stack;

beforeAll(async () => {
  launched = await launch({ TECHNO_LOG_LEVEL: 'warn' });
  stack = (await launched.stack()) as Stack;
}, 120_000);

afterAll(async () => {
  await launched?.stop();
}, 30_000);

async function call(method: string, path: string, body?: unknown, key = stack.apiKey): Promise<{ status: number; body: never }> {
  const response = await fetch(`${stack.gateway}${path}`, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as never };
}

const caught = async <T>(what: 'mails' | 'messages'): Promise<T[]> =>
  ((await (await fetch(`${stack.standIns.url}/api/${what}`)).json()) as Record<string, T[]>)[what] ?? [];

const welcome = { name: 'welcome', data: { name: '<b>Ana</b>', product: 'Techno' } };
const notify = (notification: object) =>
  call('POST', '/v1/notifications', { notification: { recipients: ['demo'], ...notification } });

it('a notification over the API arrives in the mail catcher, in the reader’s language and harmless', async () => {
  const answered = await notify({ template: welcome, channels: ['email'] });
  expect(answered).toMatchObject({ status: 200, body: { status: 'COMPLETED', result: { deliveries: 1 } } });
  await until(async () => (await caught('mails')).length === 1);
  const [mail] = await caught<{ subject: string; html: string; to: string[] }>('mails');
  expect(mail).toMatchObject({ subject: 'Boas-vindas, <b>Ana</b>', to: ['demo@example.org'] });
  expect(mail?.html).toContain('&#60;b&#62;Ana');
  const page = await (await fetch(stack.standIns.url)).text();
  expect(page).toContain('Boas-vindas, &lt;b&gt;Ana');
});

it('and in WhatsApp; the receipts come in through the gateway, and all of it is on the audit trail', async () => {
  const { body } = await notify({ text: { body: 'Deploy finished' } });
  const { trace_id: trace, result } = body as { trace_id: string; result: { notification_id: string } };
  const read = async () =>
    (await call('GET', `/v1/notifications/${result.notification_id}`)).body as {
      status: string;
      deliveries: { status: string }[];
    };
  await until(async () => (await read()).deliveries[0]?.status === 'READ');
  expect(await read()).toMatchObject({
    status: 'DELIVERED',
    deliveries: [{ channel: 'whatsapp', attempts: [{ class: 'ACCEPTED', receipt: 'READ', provider: 'evolution' }] }],
  });
  expect(await caught('messages')).toMatchObject([{ provider: 'evolution', to: '+5511987654321', text: 'Deploy finished' }]);
  const settled = async () => {
    const { body: audit } = await call('GET', `/v1/actions/${trace}/audit`);
    const { rows, verified } = audit as { verified: boolean; rows: { events: { event: string; data: object }[] }[] };
    return { verified, events: rows.flatMap(({ events }) => events).filter(({ event }) => event === 'NOTIFICATION_SETTLED') };
  };
  await until(async () => (await settled()).events.length === 1);
  expect(await settled()).toMatchObject({ verified: true, events: [{ data: { channel: 'whatsapp', attempts: 1 } }] });
});

it('what could never be sent is refused with its code, before anything is accepted', async () => {
  const refusals: [object, string][] = [
    [{ template: { name: 'nothing' } }, 'TEMPLATE_UNKNOWN'],
    [{ template: { name: 'welcome', data: { name: 'Ana' } } }, 'TEMPLATE_VARIABLE_MISSING'],
    [{ recipients: ['nobody'], text: { body: 'x' } }, 'CONTACT_UNKNOWN'],
    [{ recipients: [{ channel: 'sms', address: '12' }], text: { body: 'x' } }, 'CONTACT_ADDRESS_INVALID'],
    [{ channels: ['sms'], text: { body: 'x'.repeat(2_000) } }, 'NOTIFICATION_TOO_LONG'],
  ];
  for (const [notification, code] of refusals) expect(await notify(notification)).toMatchObject({ status: 422, body: { code } });
  expect((await notify({ text: { body: 'x' }, template: welcome })).status).toBe(400);
  // The same through the gates, where the notifier itself refuses.
  const action = { action: 'notify', context_id: 'demo', payload: { recipients: ['nobody'], text: { body: 'x' } } };
  expect(await call('POST', '/v1/process', action)).toMatchObject({ status: 422, body: { code: 'CONTACT_UNKNOWN' } });
});

it('contacts and templates are the administrators’; others read their own notifications only', async () => {
  expect((await call('GET', '/v1/contacts')).status).toBe(403);
  const person = { addresses: { sms: '+55 (11) 98765-0000' }, time_zone: 'America/Sao_Paulo' };
  const put = await call('PUT', '/v1/contacts/ana', person, stack.adminKey);
  expect(put).toMatchObject({ status: 200, body: { id: 'ana', addresses: { sms: '+5511987650000' }, suppressed: [] } });
  expect((await call('PUT', '/v1/contacts/ana', { time_zone: 'Mars/Olympus' }, stack.adminKey)).status).toBe(422);
  const preview = await call('POST', '/v1/templates/welcome/preview', { locale: 'en', data: welcome.data }, stack.adminKey);
  expect(preview.body).toMatchObject({
    version: 1,
    rendered: [{ channel: 'whatsapp' }, { channel: 'email' }, { channel: 'sms' }, { channel: 'webhook' }],
  });
  const made = await call('POST', '/v1/keys', { name: 'other', role: 'restricted', contexts: ['demo'] }, stack.adminKey);
  const { key } = made.body as { key: string };
  const mine = (await call('GET', '/v1/notifications')).body as { notifications: { id: string }[] };
  expect(mine.notifications.length).toBeGreaterThan(0);
  expect((await call('GET', `/v1/notifications/${mine.notifications[0]?.id}`, undefined, key)).status).toBe(404);
  expect((await call('GET', '/v1/notifications', undefined, key)).body).toMatchObject({ notifications: [] });
});

it('the metrics tell how it goes', async () => {
  const ops = stack.processes.find(({ service }) => service === 'notifier')?.ops;
  const text = await (await fetch(`${ops}/metrics`)).text();
  expect(text).toMatch(/notifications_total\{channel="email",status="SENT"\} 1/);
  expect(text).toMatch(/notification_attempts_total\{channel="whatsapp",class="ACCEPTED"\} 1/);
  expect(text).toMatch(/notification_latency_seconds_count\{channel="email"\} 1/);
  expect(text).toContain('notification_queue_age_seconds{channel="sms"} 0');
  expect(text).toContain('# TYPE notification_fallbacks_total counter');
  expect(text).toContain('# TYPE breaker_open gauge');
});
