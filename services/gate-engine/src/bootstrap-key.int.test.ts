import { hashApiKey, newApiKey } from '@techno/contracts';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureBootstrapKey } from './bootstrap-key.ts';
import { type Engine, openEngine } from './engine.fixture.ts';

const pepper = Buffer.alloc(32, 3);
let test: TestDatabase;
let engine: Engine;

beforeAll(async () => {
  test = await createDatabase();
  engine = await openEngine(test.url('gate-engine'));
});
afterAll(async () => {
  await engine.database.close();
  await test.drop();
});

it('a root key is there after the first start, once, however many replicas start', async () => {
  const key = newApiKey('live');
  await Promise.all([1, 2, 3, 4].map(() => ensureBootstrapKey(key, pepper, engine.credentials)));
  await ensureBootstrapKey(key, pepper, engine.credentials);
  const keys = await engine.credentials.all();
  expect(keys).toMatchObject([
    { role: 'root', root: true, hash: hashApiKey(key, pepper), contexts: ['*'], createdBy: 'settings' },
  ]);
  expect(JSON.stringify(keys)).not.toContain(key.slice(12));
});

it('a second key in the settings is a second root', async () => {
  await ensureBootstrapKey(newApiKey('live'), pepper, engine.credentials);
  expect((await engine.credentials.all()).filter(({ root }) => root)).toHaveLength(2);
});

it('one that was revoked is not brought back by a restart', async () => {
  const key = newApiKey('test');
  await ensureBootstrapKey(key, pepper, engine.credentials);
  const { id } = (await engine.credentials.all()).find(({ hash }) => hash === hashApiKey(key, pepper))!;
  await engine.credentials.end(id, { revokedAt: new Date() });
  await ensureBootstrapKey(key, pepper, engine.credentials);
  expect((await engine.credentials.find(id))?.revokedAt).toBeInstanceOf(Date);
});

it.each(['', 'sk_live_short', `${newApiKey('live')}x`])('what is no key of ours ends the start, unrepeated: %j', async (key) => {
  const error = await ensureBootstrapKey(key, pepper, engine.credentials).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ name: 'StartupError', code: 'CONFIG_INVALID' });
  expect((error as Error).message).toBe('TECHNO_BOOTSTRAP_KEY is not a key of ours');
});
