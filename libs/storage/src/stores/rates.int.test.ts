import { MINUTE } from '@techno/kernel';
import { createDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNonces, type Nonces } from './nonces.ts';
import { createRates, type Rates } from './rates.ts';
import { createStoreRig, scansOf, type StoreRig, traceId } from '../testing/store-rig.ts';

let rig: StoreRig;
let rates: Rates[];
let nonces: Nonces[];
beforeAll(async () => {
  rig = createStoreRig(await createDatabase());
  const replicas = await Promise.all([1, 2, 3].map(() => rig.open('gate-engine')));
  rates = replicas.map(createRates);
  nonces = replicas.map(createNonces);
});
afterAll(() => rig.close());

const lease = (which: number, key: string, want: number, limit = 100) =>
  (rates[which % 3] as Rates).lease({ key, limit, windowMs: MINUTE, want });

describe('rates', () => {
  test('count down over all replicas', async () => {
    expect(await lease(0, 'down', 30)).toMatchObject({ granted: 30, remaining: 70 });
    expect(await lease(1, 'down', 60)).toMatchObject({ granted: 60, remaining: 10 });
    expect(await lease(2, 'down', 30)).toMatchObject({ granted: 10, remaining: 0 });
    const { granted, remaining, resetMs } = await lease(0, 'down', 1);
    expect([granted, remaining]).toEqual([0, 0]);
    expect(resetMs).toBeGreaterThan(50_000);
    expect(resetMs).toBeLessThanOrEqual(60_000);
  });

  test('never give more than the limit, exactly the limit under load, and no key disturbs another', async () => {
    const keys = ['one', 'two', 'three', 'four'];
    const granted = new Map(keys.map((key) => [key, 0]));
    await Promise.all(
      Array.from({ length: 600 }, async (_, n) => {
        const key = keys[(n * 7) % 4] ?? '';
        const result = await lease(n, key, 1 + (n % 3), 150);
        granted.set(key, (granted.get(key) ?? 0) + result.granted);
      }),
    );
    expect([...granted.values()]).toEqual([150, 150, 150, 150]);
  });

  test('start a new window with the first request after the old one', async () => {
    await lease(0, 'window', 100);
    expect(await lease(1, 'window', 1)).toMatchObject({ granted: 0 });
    await rig.admin(`update rate_windows set started_at = now() - interval '59 seconds' where key = 'window'`);
    expect(await lease(1, 'window', 1)).toMatchObject({ granted: 0 });
    await rig.admin(`update rate_windows set started_at = now() - interval '60 seconds' where key = 'window'`);
    expect(await lease(2, 'window', 40)).toMatchObject({ granted: 40, remaining: 60 });
    expect((await lease(2, 'window', 1)).resetMs).toBeGreaterThan(50_000);
  });

  test('follow a limit that changed meanwhile', async () => {
    await lease(0, 'changed', 50, 100);
    expect(await lease(1, 'changed', 10, 40)).toMatchObject({ granted: 0, remaining: 0 });
    expect(await lease(1, 'changed', 10, 200)).toMatchObject({ granted: 10, remaining: 130 });
  });

  test('are forgotten after two days', async () => {
    await lease(0, 'old', 1);
    await rig.admin(`update rate_windows set started_at = now() - interval '3 days' where key = 'old'`);
    expect(await (rates[0] as Rates).purge()).toBe(1);
    expect(await (rates[0] as Rates).purge()).toBe(0);
  });
});

describe('nonces', () => {
  const claim = (which: number, nonce: string, id: number, caller = 'caller') =>
    (nonces[which % 3] as Nonces).claim({ caller, nonce, traceId: traceId(id) });

  test('belong to the first that claims them, per caller', async () => {
    expect(await claim(0, 'once', 1)).toBe(traceId(1));
    expect(await claim(0, 'once', 1)).toBe(traceId(1));
    expect(await claim(1, 'once', 2)).toBe(traceId(1));
    expect(await claim(1, 'once', 3, 'another')).toBe(traceId(3));
    expect(await claim(1, 'twice', 4)).toBe(traceId(4));
  });

  test('belong to one of those that claim them at once, and all agree on which', async () => {
    const names = Array.from({ length: 80 }, (_, n) => `nonce ${n}`);
    const all = await Promise.all(
      [0, 1, 2].flatMap((which) =>
        (which === 1 ? names.toReversed() : names).map(async (nonce) => ({
          nonce,
          holder: await claim(which, nonce, 1_000 + which),
        })),
      ),
    );
    for (const nonce of names) expect(new Set(all.filter((one) => one.nonce === nonce).map(({ holder }) => holder)).size).toBe(1);
  });

  test('of one batch belong to one of them', async () => {
    const holders = await Promise.all([claim(0, 'batch', 21), claim(0, 'batch', 22), claim(0, 'batch', 23)]);
    expect(new Set(holders).size).toBe(1);
    expect([21, 22, 23].map(traceId)).toContain(holders[0]);
  });

  test('are kept for 24 hours at least', async () => {
    await claim(0, 'kept', 31);
    await claim(0, 'gone', 32);
    await rig.admin(`update nonces set seen_at = now() - interval '24 hours 59 minutes' where nonce = 'kept'`);
    await rig.admin(`update nonces set seen_at = now() - interval '25 hours 1 minute' where nonce = 'gone'`);
    expect(await (nonces[0] as Nonces).purge()).toBe(1);
    expect(await claim(1, 'kept', 33)).toBe(traceId(31));
    expect(await claim(1, 'gone', 34)).toBe(traceId(34));
  });

  test('are forgotten by their age, without a look at those that are kept', async () => {
    const fill = (count: number, age: string) =>
      rig.admin(
        `insert into nonces (caller, nonce, trace_id, seen_at) select $1::text, n, '', now() - $1::interval from generate_series(1, $2::int) n`,
        [age, count],
      );
    await fill(20_000, '1 hour');
    await fill(6_000, '26 hours');
    const scans = await scansOf(rig, { service: 'gate-engine', table: 'nonces' }, async (database) => {
      expect(await createNonces(database).purge()).toBe(6_000);
    });
    expect(scans.whole).toBe(0);
    expect(
      await rig.admin('select count(*)::int as count from nonces where seen_at > now() - $1::interval', ['2 hours']),
    ).toMatchObject([{ count: expect.toSatisfy((count: number) => count >= 20_000) }]);
  });

  test('of hostile text fail alone', async () => {
    const results = await Promise.allSettled([claim(0, 'bad \u0000', 41), claim(0, 'fine', 42)]);
    expect(results).toMatchObject([{ reason: { code: 'STORE_REFUSED' } }, { value: traceId(42) }]);
  });
});
