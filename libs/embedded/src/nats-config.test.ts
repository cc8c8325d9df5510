import { expect, test } from 'vitest';
import { satisfies } from './nats-binary.ts';
import { natsConfig } from './nats-config.ts';

test('paths and passwords survive whatever they hold', () => {
  const settings = {
    port: 1,
    monitorPort: 2,
    storeDir: '/a "quoted" path/with $HOME and \\',
    user: 'u',
    password: '$2a$"x"',
    serverName: 's',
  };
  const config = JSON.parse(natsConfig(settings)) as Record<string, Record<string, unknown>>;
  expect(config['jetstream']).toMatchObject({ store_dir: settings.storeDir, sync_interval: '1s' });
  expect(config['authorization']).toEqual({ users: [{ user: 'u', password: settings.password }] });
  expect(config).toMatchObject({ host: '127.0.0.1', http: '127.0.0.1:2', max_payload: 8_388_608 });
});

test.each([
  ['nats-server: v2.14.0', true],
  ['nats-server: v2.14.3-RC.1', true],
  ['nats-server: v2.15.0', true],
  ['nats-server: v3.0.0', true],
  ['nats-server: v2.13.9', false],
  ['nats-server: v1.99.0', false],
  ['something else', false],
])('%s is new enough: %s', (version, expected) => {
  expect(satisfies(version)).toBe(expected);
});
