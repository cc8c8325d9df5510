import { TemporaryError } from '@techno/kernel';
import { startPostgres, type TestPostgres, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBatcher } from './batcher.ts';
import { type Database, openDatabase } from './database.ts';

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  database = await openDatabase({ url: postgres.adminUrl, applicationName: 'test' });
  await database.query({ name: 'create', text: 'create table kept (n int primary key)' }, []);
});
afterAll(async () => {
  await database.close();
  await postgres.stop();
});

const INSERT = { name: 'insert', text: 'insert into kept select * from unnest($1::int[]) on conflict do nothing' };

test('killed in the middle of load: callers are told at once that it is away, and it comes back by itself', async () => {
  const batcher = createBatcher<number, void>({
    maxRows: 50,
    maxWaitMs: 0,
    maxInFlight: 3,
    async flush(rows) {
      await database.query(INSERT, [rows]);
      return rows.map(() => undefined);
    },
  });
  const [said, failures]: [Set<number>, unknown[]] = [new Set(), []];
  let n = 0;
  const stop = new AbortController();
  const clients = Array.from({ length: 100 }, async () => {
    while (!stop.signal.aborted) {
      const mine = n++;
      try {
        await batcher.add(mine);
        said.add(mine);
      } catch (error) {
        failures.push(error);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  });
  await until(() => said.size > 1_000);
  expect(database.unavailableUntil()).toBeUndefined();
  await postgres.kill();
  await until(() => failures.length > 100);
  expect(database.unavailableUntil()).toBeGreaterThan(Date.now() - 5_000);
  await expect(database.ping()).rejects.toThrow();
  await expect(database.transaction((query) => query(INSERT, [[-1]]))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await postgres.start();
  const before = said.size;
  await until(() => said.size > before + 500);
  stop.abort();
  await Promise.all(clients);

  for (const failure of failures) {
    expect(failure).toBeInstanceOf(TemporaryError);
    expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', spendsAttempt: false });
  }
  const kept = new Set(
    (await database.query<{ n: number }>({ name: 'all', text: 'select n from kept' }, [])).map((row) => row.n),
  );
  expect([...said].filter((one) => !kept.has(one))).toEqual([]);
  expect(database.unavailableUntil()).toBeUndefined();
  expect(await database.ping()).toBeLessThan(2_000);
}, 60_000);

test('a transaction that fails leaves nothing behind, and its connection goes on', async () => {
  await expect(
    database.transaction(async (query) => {
      await query(INSERT, [[-10]]);
      await query({ name: 'bad', text: 'select 1 / $1::int' }, [0]);
    }),
  ).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  await expect(
    database.transaction(async (query) => {
      await query(INSERT, [[-11]]);
      throw new Error('the caller changed its mind');
    }),
  ).rejects.toThrow('the caller changed its mind');
  await database.transaction((query) => query(INSERT, [[-12]]));
  expect(await database.query({ name: 'negative', text: 'select n from kept where n <= -10' }, [])).toEqual([{ n: -12 }]);
});

test('a connection that is cut in the middle of a transaction is an absence, not the end of the process', async () => {
  await expect(
    database.transaction((query) => query({ name: 'suicide', text: 'select pg_terminate_backend(pg_backend_pid())' }, [])),
  ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(await database.query({ name: 'one', text: 'select 1 as one' }, [])).toEqual([{ one: 1 }]);
});

test('a server that says nothing is not waited for: the query fails in time, and the next one has another connection', async () => {
  const hasty = await openDatabase({ url: postgres.adminUrl, applicationName: 'hasty', patienceMs: 300 });
  try {
    const silence = { name: 'silence', text: 'select pg_sleep($1)' };
    await expect(hasty.query(silence, [60])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('nothing was heard of the server for 300 ms') as string,
    });
    await expect(hasty.transaction((query) => query(silence, [60]))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await hasty.query({ name: 'again', text: 'select 1 as one' }, [])).toEqual([{ one: 1 }]);
  } finally {
    await hasty.close();
  }
});

test('a connection that is in use stays, however long that is', async () => {
  const hasty = await openDatabase({ url: postgres.adminUrl, applicationName: 'hasty', poolSize: 1, patienceMs: 300 });
  try {
    const backends = new Set<number>();
    for (let times = 0; times < 8; times++) {
      const [row] = await hasty.query<{ pid: number }>(
        { name: 'who', text: 'select pg_backend_pid() as pid, pg_sleep(0.1)' },
        [],
      );
      if (row !== undefined) backends.add(row.pid);
    }
    expect(backends.size).toBe(1);
  } finally {
    await hasty.close();
  }
});
