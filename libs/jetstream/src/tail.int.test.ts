import { startNats, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, orders, type Rig } from './testing/rig.ts';
import { tail, type Tailed } from './tail.ts';

let nats: TestNats;
let rig: Rig;
beforeAll(async () => {
  nats = await startNats();
  rig = await createRig(nats.url);
});
afterAll(async () => {
  await rig.close();
  await nats.stop();
});

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

function follow(subject: string, afterSeq?: number, take: (one: Tailed) => Promise<void> = async () => {}) {
  const seen: Tailed[] = [];
  const stop = new AbortController();
  const ended = tail(
    rig.bus,
    { stream: 'ACTIONS', subject, afterSeq },
    async (one) => {
      seen.push(one);
      await take(one);
    },
    stop.signal,
  );
  return { seen, stop: () => (stop.abort(), ended) };
}

test('follows from now on, and leaves nothing on the server', async () => {
  const given = orders('tailed');
  await rig.send(given, 0);
  const before = await rig.bus.jsm.streams.info('ACTIONS');
  const { seen, stop } = follow('action.test.tailed.>');
  await until(async () => (await rig.bus.jsm.streams.info('ACTIONS')).state.consumer_count > before.state.consumer_count);
  for (const n of range(3)) await rig.send(given, n + 1);
  await until(() => seen.length === 3);
  expect(seen.map(({ type, json }) => [type, json()])).toEqual(range(3).map((n) => ['test.tailed', { n: n + 1 }]));
  expect(seen[0]?.header('ce-source')).toBe('test');
  expect(seen[0]?.header('none')).toBeUndefined();
  await stop();
  await until(async () => (await rig.bus.jsm.streams.info('ACTIONS')).state.consumer_count === before.state.consumer_count);
});

test('resumes after a sequence, without the ones before and without a gap', async () => {
  const given = orders('resumed');
  for (const n of range(10)) await rig.send(given, n);
  const first = follow('action.test.resumed.>', 0);
  await until(() => first.seen.length === 10);
  await first.stop();
  const middle = first.seen[4]?.seq ?? 0;
  const second = follow('action.test.resumed.>', middle);
  await until(() => second.seen.length === 5);
  await rig.send(given, 10);
  await until(() => second.seen.length === 6);
  expect(second.seen.map(({ json }) => json())).toEqual([5, 6, 7, 8, 9, 10].map((n) => ({ n })));
  await second.stop();
});

test('a signal that came before ends it at once, and one that comes in between ends it after the one in hand', async () => {
  const given = orders('ended');
  for (const n of range(5)) await rig.send(given, n);
  const stop = new AbortController();
  const seen: unknown[] = [];
  await tail(
    rig.bus,
    { stream: 'ACTIONS', subject: given.pattern, afterSeq: 0 },
    async ({ json }) => {
      seen.push(json());
      stop.abort();
    },
    stop.signal,
  );
  expect(seen).toEqual([{ n: 0 }]);
  await tail(rig.bus, { stream: 'ACTIONS', subject: given.pattern, afterSeq: 0 }, async () => {}, AbortSignal.abort());
});

test('goes on in order after the server was away', async () => {
  const given = orders('away');
  const { seen, stop } = follow('action.test.away.>', 0);
  await rig.send(given, 0);
  await until(() => seen.length === 1);
  await nats.kill();
  await nats.start();
  await until(
    () =>
      rig.send(given, 1).then(
        () => true,
        () => false,
      ),
    { timeoutMs: 20_000 },
  );
  await until(() => seen.length >= 2);
  expect(seen.map(({ json }) => json())).toEqual([{ n: 0 }, { n: 1 }]);
  await stop();
}, 60_000);
