import { withConnection } from '@techno/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, startNats, startPostgres, type TestNats } from './index.ts';

let nats: TestNats;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());

test('a database is migrated, private, and opened by the role of a service', async () => {
  const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
  expect(one.name).not.toBe(other.name);
  const seen = await withConnection(one.url('gateway'), async (client) => {
    const { rows } = await client.query<{ role: string; tables: string }>(
      `SELECT current_user AS role, (SELECT count(*) FROM pg_tables WHERE schemaname = 'public') AS tables`,
    );
    return rows[0];
  });
  expect(seen?.role).toBe('techno_gateway');
  expect(Number(seen?.tables)).toBeGreaterThan(0);
  await Promise.all([one.drop(), other.drop()]);
});

test('a killed nats-server comes back on the same port with what it stored, unless that was wiped', async () => {
  const before = nats.pid;
  await nats.kill();
  await nats.wipe();
  await nats.start();
  expect(nats.pid).not.toBe(before);
  const response = await fetch(`${nats.monitorUrl}/jsz`);
  expect(await response.json()).toMatchObject({ streams: 0 });
});

test('a killed PostgreSQL comes back with what was committed', async () => {
  const postgres = await startPostgres({ durable: true });
  await withConnection(postgres.adminUrl, (client) => client.query('CREATE TABLE kept AS SELECT 42 AS answer'));
  await postgres.kill();
  await postgres.start();
  const rows = await withConnection(postgres.adminUrl, async (client) => (await client.query('SELECT answer FROM kept')).rows);
  expect(rows).toEqual([{ answer: 42 }]);
  await postgres.stop();
});
