import { type OtlpReceiver, startOtlpReceiver } from '@techno/embedded';
import { type StandIns, startStandIns } from '@techno/stand-ins';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPECTED, traceFaults } from '../../deploy/runbooks/obs-contract/traces.ts';
import { newStandardSecret, standard } from '../support/sign.ts';
import { startStack, type Stack } from '../support/stack.ts';

// What every service says of its work, collected as production collects it: spans over OTLP/HTTP, logs and metrics of real processes.

let collector: OtlpReceiver;
let standIns: StandIns;
let stack: Stack;

/** Everything that may be in no log line, no span and no metric, each under its name. */
const planted = new Map<string, string>([
  ['webhook secret', newStandardSecret()],
  ['authorization header', 'planted-authorization-4711'],
  ['e-mail in a payload', 'jane.planted@canary.example'],
  ['phone in a payload', '+5511912344711'],
  ['phone of a recipient', '+5511987654711'],
  ['password in a URL of a payload', 'planted-url-password'],
  ['password in the URL of the mail server', 'planted-smtp-password'],
  ['token of the SMS provider', 'planted-sms-token'],
  ['text of a message', 'planted words for one reader'],
]);
const of = (name: string): string => planted.get(name) ?? '';

/** W3C trace ids by what they are of. */
const sent = new Map<'echo' | 'composite' | 'denied' | 'webhook' | 'notify', string>();

beforeAll(async () => {
  [collector, standIns] = await Promise.all([startOtlpReceiver(), startStandIns()]);
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, TECHNO_TRACE_RATIO: '1' };
  stack = await startStack({ env: { gateway: traced, 'gate-engine': traced, executor: traced, auditor: traced } });
  await stack.start('notifier', {
    ...traced,
    TECHNO_EGRESS_ALLOW: new URL(standIns.url).host,
    // Nobody sends receipts here.
    TECHNO_NOTIFY_RECEIPT_MS: '500',
    CHANNEL_WHATSAPP_URL: standIns.url,
    CHANNEL_WHATSAPP_TOKEN: of('token of the SMS provider'),
    CHANNEL_WHATSAPP_KEYED: 'true',
    CHANNEL_SMS_URL: standIns.url,
    CHANNEL_SMS_ACCOUNT: 'AC1',
    CHANNEL_SMS_TOKEN: of('token of the SMS provider'),
    CHANNEL_SMS_FROM: '+15005550006',
    CHANNEL_EMAIL_URL: `smtp://jane:${of('password in the URL of the mail server')}@127.0.0.1:${standIns.smtpPort}`,
    CHANNEL_EMAIL_PLAIN: 'true',
  });
  const { key } = await stack.newKey('development');
  planted.set('API key', key).set('root key', stack.rootKey);
  await act(key);
}, 90_000);

afterAll(async () => {
  await stack?.stop();
  await Promise.all([collector?.stop(), standIns?.close()]);
});

/** One of each kind, with something planted wherever a caller or an operator may put it. */
async function act(key: string): Promise<void> {
  const personal = { email: of('e-mail in a payload'), phone: of('phone in a payload') };
  const keep = (kind: Parameters<typeof sent.set>[0], body: Record<string, unknown>) =>
    sent.set(kind, String(body['trace_id']).slice('tr_'.length));

  keep('echo', (await stack.submit('echo', personal, { key })).body);
  keep('composite', (await stack.submit('summarise_and_echo', { text: 'The house is red. The roof is old.' }, { key })).body);
  keep('denied', (await stack.submit('obs_nothing', personal, { key })).body);
  const url = `http://jane:${of('password in a URL of a payload')}@127.0.0.1:1/letter`;
  await stack.submit('analyze_document', { document_url: url }, { key });
  const authorization = `Bearer ${of('authorization header')}`;
  await stack.call('POST', '/v1/process', {
    headers: { authorization },
    body: { action: 'echo', context_id: 'default', payload: personal },
  });
  await stack.call('GET', `/v1/actions?action=${encodeURIComponent(of('e-mail in a payload'))}`, { key });

  const source = { scheme: 'standard', secrets: [of('webhook secret')], action: 'echo', context_id: 'webhooks' };
  await stack.call('PUT', '/v1/webhooks/demo', { key: stack.rootKey, body: source });
  const signed = standard(of('webhook secret'), JSON.stringify(personal), 'msg_planted');
  keep('webhook', (await stack.call('POST', '/v1/webhooks/demo', { raw: signed.body, headers: signed.headers })).body);
  // Signed for another message.
  const forged = { ...signed.headers, 'webhook-id': 'msg_other' };
  await stack.call('POST', '/v1/webhooks/demo', { raw: signed.body, headers: forged });

  const phone = { channel: 'whatsapp', address: of('phone of a recipient') };
  const text = { body: of('text of a message') };
  keep('notify', (await notify({ recipients: [phone], text })).body);
  standIns.behave('twilio', { status: 422, body: { error: `no such number ${of('phone of a recipient')}` }, times: 1 });
  await notify({ recipients: [{ ...phone, channel: 'sms' }], text });
  await notify({ recipients: [{ channel: 'email', address: of('e-mail in a payload') }], text });
  await until(async () => {
    const { body } = await stack.call('GET', '/v1/notifications', { key: stack.rootKey });
    const deliveries = (body['notifications'] as Notification[]).flatMap((one) => one.deliveries);
    return deliveries.length === 3 && deliveries.every(({ attempts }) => attempts.some(({ finished_at }) => finished_at));
  });
}

interface Notification {
  readonly deliveries: readonly { readonly attempts: readonly { readonly finished_at?: string }[] }[];
}

function notify(notification: object) {
  return stack.call('POST', '/v1/notifications', {
    key: stack.rootKey,
    headers: { prefer: 'wait=10' },
    body: { context_id: 'default', notification },
  });
}

describe('one action is one trace', () => {
  it.each(['echo', 'composite', 'denied', 'webhook', 'notify'] as const)(
    '%s: one connected tree through every service, with the right kinds, names and attributes',
    async (kind) => {
      const id = sent.get(kind) ?? '';
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      // Spans leave their process in the background.
      await until(() => traceFaults(collector.ofTrace(id), EXPECTED[kind]).length === 0).catch(() => undefined);
      expect(traceFaults(collector.ofTrace(id), EXPECTED[kind])).toEqual([]);
    },
  );
});

describe('what was planted', () => {
  /** Names of what a text holds; of a credential enough to be used. */
  const leaksIn = (text: string): string[] =>
    [...planted].filter(([, secret]) => text.includes(secret.slice(Math.min(12, secret.length - 12)))).map(([name]) => name);

  it('is seen by this look at it', () => {
    for (const [name, secret] of planted) expect(leaksIn(`before ${secret} after`)).toEqual([name]);
  });

  it('is in no log line', () => {
    for (const { service, log } of stack.processes) {
      expect(log().length, service).toBeGreaterThan(100);
      expect(leaksIn(log()), service).toEqual([]);
    }
  });

  it('is in no name, attribute or event of a span', () => {
    const services = new Set(collector.spans.map(({ service }) => service));
    expect([...services].toSorted()).toEqual(['auditor', 'executor', 'gate-engine', 'gateway', 'notifier']);
    expect(leaksIn(collector.bodies.join('\n'))).toEqual([]);
  });

  it('is in no metric', async () => {
    for (const { service, ops } of stack.processes)
      expect(leaksIn(await (await fetch(`${ops}/metrics`)).text()), service).toEqual([]);
  });
});
