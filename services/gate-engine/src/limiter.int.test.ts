import { MINUTE, SECOND, systemClock } from '@techno/kernel';
import { createRates, type Database, openDatabase } from '@techno/storage';
import { createDatabase, type TestDatabase, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

let test: TestDatabase;
let databases: Database[];

beforeAll(async () => {
  test = await createDatabase();
  databases = await Promise.all(
    [1, 2, 3].map((replica) => openDatabase({ url: test.url('gate-engine'), applicationName: `limiter-${replica}` })),
  );
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await test.drop();
});

const threeLimiters = () => databases.map((database) => createLimiter({ rates: createRates(database), clock: systemClock }));

it('three replicas together let 100 of 400 through', async () => {
  const limiters = threeLimiters();
  const facts = await Promise.all(Array.from({ length: 400 }, (_, n) => limiters[n % 3]!.take('key_100', 100, MINUTE)));
  const passed = facts.filter(({ state }) => state === 'ok').length;
  expect(passed).toBeLessThanOrEqual(100);
  expect(passed).toBeGreaterThanOrEqual(95);
  for (const fact of facts)
    if (fact.state === 'exceeded') expect(fact.rate).toMatchObject({ limit: 100, remaining: 0, windowSeconds: 60 });
});

it('holds for a load that comes one by one, and for a large limit', async () => {
  const limiters = threeLimiters();
  let passed = 0;
  for (let n = 0; n < 150; n++) if ((await limiters[n % 3]!.take('key_serial', 100, MINUTE)).state === 'ok') passed++;
  expect(passed).toBeLessThanOrEqual(100);
  expect(passed).toBeGreaterThanOrEqual(95);

  const many = await Promise.all(Array.from({ length: 3_000 }, (_, n) => limiters[n % 3]!.take('key_2000', 2_000, MINUTE)));
  const granted = many.filter(({ state }) => state === 'ok').length;
  expect(granted).toBeLessThanOrEqual(2_000);
  expect(granted).toBeGreaterThanOrEqual(1_900);
});

it('opens again when the window has ended, for all replicas', async () => {
  const limiters = threeLimiters();
  const takeAll = async () => {
    const facts = await Promise.all(Array.from({ length: 30 }, (_, n) => limiters[n % 3]!.take('key_short', 10, 1 * SECOND)));
    return facts.filter(({ state }) => state === 'ok').length;
  };
  expect(await takeAll()).toBe(10);
  const granted = await until(takeAll, { what: 'the next window' });
  expect(granted).toBeLessThanOrEqual(10);
});
