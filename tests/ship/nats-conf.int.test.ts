import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SERVICES } from '@techno/contracts';
import { freePort, until } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { natsAuthorization, OPERATOR, passwordVariable } from '../../deploy/docker/nats-authorization.ts';
import { findNatsServer } from '../../libs/embedded/src/nats-binary.ts';
import { refusals } from './raw-nats.ts';
import { operatorEnv, ROOT } from './settings.ts';

const COPIES = ['deploy/docker/nats-authorization.conf', 'k8s/data/nats-authorization.conf'];

test.each(COPIES)('%s is what the contracts say', async (file) => {
  await expect(natsAuthorization()).toMatchFileSnapshot(path.join(ROOT, file));
});

describe('nats-server with the files of compose and the passwords of a fresh .env', () => {
  let env: Record<string, string>;
  let url: (user: string, password?: string) => string;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    env = await operatorEnv();
    const store = await mkdtemp(path.join(tmpdir(), 'techno-nats-conf-'));
    const port = await freePort();
    // As it is, but for the folder that the container has.
    const conf = await readFile(path.join(ROOT, 'deploy/docker/nats.conf'), 'utf8');
    await writeFile(path.join(store, 'nats.conf'), conf.replace('store_dir: /data', `store_dir: '${store}'`));
    await copyFile(path.join(ROOT, 'deploy/docker/nats-authorization.conf'), path.join(store, 'nats-authorization.conf'));
    const args = ['--config', path.join(store, 'nats.conf'), '-p', String(port), '-m', String(await freePort())];
    const server = spawn(await findNatsServer(''), args, { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    url = (user, password = env[passwordVariable(user)] ?? '') => `nats://${user}:${password}@127.0.0.1:${port}`;
    stop = async () => {
      server.kill();
      await ended;
      await rm(store, { recursive: true });
    };
    await until(() => refusals(url(OPERATOR), { publish: [], subscribe: [] }).then(Boolean, () => false));
  });
  afterAll(() => stop());

  test('everybody signs in with their own password, and with no other', async () => {
    for (const user of [OPERATOR, ...SERVICES]) {
      expect((await refusals(url(user), { publish: ['$SYS.x'], subscribe: [] })).publish.size).toBe(user === OPERATOR ? 0 : 1);
      const other = env[passwordVariable(user === 'auditor' ? 'gateway' : 'auditor')];
      await expect(refusals(url(user, other), { publish: [], subscribe: [] })).rejects.toThrow('Authorization Violation');
    }
  });

  test('rights hold there as well', async () => {
    const publish = ['action.allowed.echo_executor_v1', 'action.completed', '$JS.API.STREAM.DELETE.ACTIONS'];
    const refused = await refusals(url('executor'), { publish, subscribe: ['action.>', '_INBOX_gateway.>'] });
    expect([...refused.publish]).toEqual(publish.filter((subject) => subject !== 'action.completed'));
    expect([...refused.subscribe]).toEqual(['action.>', '_INBOX_gateway.>']);
  });
});
