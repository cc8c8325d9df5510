import { expect, test } from 'vitest';
import type { Secrets } from './secrets.ts';
import { serviceEnv } from './service-env.ts';
import { instancesOf, STARTED } from './services.ts';

const secrets: Secrets = {
  natsPassword: 'nats-password',
  natsPasswords: {},
  postgresPassword: 'superuser-password',
  rolePasswords: {},
  keyPepper: 'pepper',
  secretsKey: 'sealing',
  allowKeys: 'k1:signing',
  bootstrapKey: 'sk_live_root',
  webhookSecret: 'whsec_x',
  channelKey: 'channel-key',
  alertsToken: 'alerts-token',
  receiptsToken: 'receipts-token',
};
const caller = {
  PATH: '/bin',
  TECHNO_SECRET_SHOP: 'token',
  TECHNO_EGRESS_ALLOW: 'example.org',
  LLM_API_KEY: 'model-key',
  CHANNEL_SMS_URL: 'https://sms.example.org',
  CHANNEL_SMS_TOKEN: 'own-token',
  TECHNO_MAX_IN_FLIGHT: '50',
  TECHNO_HOME: '/home',
  TECHNO_API_KEY: 'sk_live_operator',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel',
  AWS_SECRET_ACCESS_KEY: 'unrelated',
};
const addresses = {
  natsUrl: 'nats://n',
  databaseUrl: 'postgres://p',
  opsPort: 9101,
  httpPort: 8080,
  standIns: { httpPort: 8025, smtpPort: 1025 },
};

const envOf = (name: string) => {
  const instance = instancesOf(STARTED, new Map()).find(({ id }) => id === name);
  if (instance === undefined) throw new Error(name);
  return serviceEnv(instance, addresses, secrets, caller);
};

// Which service may see which secret; everything else must not be there.
test.each([
  ['gateway', ['pepper', 'sealing']],
  ['gate-engine', ['pepper', 'k1:signing', 'sk_live_root']],
  ['executor', ['k1:signing', 'token', 'model-key']],
  ['auditor', []],
  ['notifier', ['channel-key', 'own-token']],
])('%s holds just the secrets it needs', (name, expected) => {
  const all = [
    'pepper',
    'sealing',
    'k1:signing',
    'sk_live_root',
    'token',
    'model-key',
    'superuser-password',
    'whsec_x',
    'unrelated',
    'sk_live_operator',
    'channel-key',
    'receipts-token',
    'own-token',
  ];
  const values = Object.values(envOf(name));
  expect(all.filter((secret) => values.includes(secret)).toSorted()).toEqual(expected.toSorted());
});

test('tunables and telemetry reach every service, what is the launcher’s own none', () => {
  for (const { name } of STARTED) {
    const env = envOf(name);
    expect(env).toMatchObject({
      PATH: '/bin',
      TECHNO_MAX_IN_FLIGHT: '50',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel',
      TECHNO_TRACE_RATIO: '0.05',
    });
    expect(env).not.toHaveProperty('TECHNO_HOME');
  }
});

test('only the gateway is given a public port', () => {
  expect(envOf('gateway')).toMatchObject({ TECHNO_HTTP_PORT: '8080', TECHNO_OPS_PORT: '9101' });
  expect(envOf('auditor')).not.toHaveProperty('TECHNO_HTTP_PORT');
});

test('the notifier gets the caller’s providers, and the stand-ins for the others', () => {
  expect(envOf('notifier')).toMatchObject({
    CHANNEL_SMS_URL: 'https://sms.example.org',
    CHANNEL_EMAIL_URL: 'smtp://127.0.0.1:1025',
    CHANNEL_WHATSAPP_URL: 'http://127.0.0.1:8025',
    TECHNO_EGRESS_ALLOW: 'example.org,127.0.0.1:8025',
  });
  expect(envOf('notifier')).not.toHaveProperty('CHANNEL_SMS_PER_SECOND');
  expect(envOf('executor')).not.toHaveProperty('CHANNEL_SMS_TOKEN');
});

test('replicas get ids of their own, the first the name of its service', () => {
  const instances = instancesOf(STARTED, new Map([['executor', 3]]));
  expect(instances.map(({ id }) => id)).toEqual([
    'gateway',
    'gate-engine',
    'executor',
    'executor-2',
    'executor-3',
    'auditor',
    'notifier',
    'scheduler',
    'dlq-replayer',
  ]);
});
