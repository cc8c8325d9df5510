import path from 'node:path';
import { expect, test } from 'vitest';
import { homeDir, launcherConfig, parseReplicas, ROOT } from './config.ts';

test('without anything said the defaults hold and the data lies in the checkout', () => {
  const config = launcherConfig({}, {});
  expect(config).toMatchObject({ gatewayPort: 8080, natsPort: 4222, postgresPort: 54320, natsUrl: undefined });
  expect(config.home).toBe(path.join(ROOT, '.techno'));
});

test('an option wins over its variable, a variable over the default', () => {
  const env = { TECHNO_HTTP_PORT: '9000', TECHNO_NATS_PORT: '5222' };
  expect(launcherConfig({ port: '9001' }, env)).toMatchObject({ gatewayPort: 9001, natsPort: 5222 });
});

test.each(['0', '65536', 'http', '80.5', '-1'])('%s is refused as a port, with the name of the variable', (text) => {
  expect(() => launcherConfig({}, { TECHNO_HTTP_PORT: text })).toThrow(/TECHNO_HTTP_PORT is/);
});

test('TECHNO_HOME is meant from where npm was called', () => {
  expect(homeDir(undefined, { TECHNO_HOME: 'data', INIT_CWD: '/somewhere/else' })).toBe('/somewhere/else/data');
  expect(homeDir('/absolute', { TECHNO_HOME: 'data' })).toBe('/absolute');
});

test('replicas are read by service', () => {
  expect([...parseReplicas('gate-engine=3, executor=2')]).toEqual([
    ['gate-engine', 3],
    ['executor', 2],
  ]);
});

test.each(['gate-engine', 'nobody=2', 'executor=0', 'executor=x', 'executor=1.5', 'executor=33'])(
  '%s is no number of replicas',
  (text) => {
    expect(() => parseReplicas(text)).toThrow(/is no number of replicas/);
  },
);

test('it lives with its parent only where that was handed over, or npm runs it', () => {
  expect(launcherConfig({}, {}).parentPid).toBeUndefined();
  expect(launcherConfig({}, { TECHNO_PARENT_PID: String(process.ppid) }).parentPid).toBe(process.ppid);
  // Inherited from a grandparent: not ours to follow.
  expect(launcherConfig({}, { TECHNO_PARENT_PID: '1' }).parentPid).toBeUndefined();
  expect(launcherConfig({}, { npm_lifecycle_event: 'start' }).parentPid).toBe(process.ppid);
});
