import type { BatchActor, Received } from '@techno/actor';
import { SECOND, TemporaryError } from '@techno/kernel';
import type { MessageContract } from '@techno/contracts';
import { startNats, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, type Order, orders, type Rig } from './testing/rig.ts';

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
const numbers = (batch: readonly Received[]) => batch.map(({ body }) => (body as Order).n);

function writer(
  given: MessageContract<Order>,
  handle: (ns: number[]) => Promise<void> | void,
  spec: Partial<BatchActor> = {},
): BatchActor {
  return {
    name: given.type.replace('test.', ''),
    receives: [given as unknown as MessageContract<never>],
    maxBatch: 10,
    lingerMs: 20,
    leaseMs: 2 * SECOND,
    handle: async (batch) => handle(numbers(batch)),
    ...spec,
  };
}

const settled = (name: string) =>
  until(async () => {
    const { num_pending, num_ack_pending } = await rig.bus.jsm.consumers.info('ACTIONS', name);
    return num_pending + num_ack_pending === 0;
  });

test.concurrent('takes messages in stream order and in batches, and acks what is written', async () => {
  const given = orders('batched');
  const batches: number[][] = [];
  for (const n of range(45)) await rig.send(given, n);
  rig.runBatch(writer(given, (ns) => void batches.push(ns), { leaseMs: 20 * SECOND }));
  await until(() => batches.flat().length === 45);
  expect(batches.flat()).toEqual(range(45));
  expect(Math.max(...batches.map((batch) => batch.length))).toBe(10);
  await settled('batched');
  // One that comes alone does not wait for company for longer than the linger.
  await rig.send(given, 45);
  await until(() => batches.flat().length === 46, { timeoutMs: 10 * SECOND });
});

test.concurrent('tells what it is, its body and its place in the stream', async () => {
  const given = orders('told');
  const seen: Received[] = [];
  rig.runBatch({ ...writer(given, () => {}), handle: async (batch) => void seen.push(...batch) });
  await rig.send(given, 1, 'the-cause');
  await until(() => seen.length === 1);
  expect(seen[0]).toMatchObject({ type: 'test.told', body: { n: 1 } });
  expect(seen[0]?.streamSeq).toBeGreaterThan(0);
});

test.concurrent('a failing batch is tried again in place, for as long as the store is away, and nothing overtakes it', async () => {
  const given = orders('away');
  const [tries, written]: [number[][], number[]] = [[], []];
  for (const n of range(5)) await rig.send(given, n);
  rig.runBatch(
    writer(given, (ns) => {
      tries.push(ns);
      if (tries.length <= 4) throw new TemporaryError('STORE_UNAVAILABLE', 'away', { spendsAttempt: false });
      written.push(...ns);
    }),
  );
  await until(() => tries.length === 2);
  for (const n of range(5)) await rig.send(given, 5 + n);
  await until(() => written.length === 10, { timeoutMs: 20 * SECOND });
  for (const batch of tries.slice(0, 4)) expect(batch).toEqual(tries[0]);
  expect(written).toEqual(range(10));
  expect(await rig.deadLetters('away')).toEqual([]);
});

test.concurrent('one message at fault is found by splitting and buried; the others are written, in order', async () => {
  const given = orders('poison');
  const written: number[] = [];
  for (const n of range(8)) await rig.send(given, n);
  rig.runBatch(
    writer(given, (ns) => {
      if (ns.includes(5)) throw new Error('no five');
      written.push(...ns);
    }),
  );
  await until(() => written.length === 7, { timeoutMs: 25 * SECOND });
  await settled('poison');
  expect(written).toEqual([0, 1, 2, 3, 4, 6, 7]);
  const letters = await rig.deadLetters('poison');
  expect(letters.map(({ payload, error }) => [payload, error.message])).toEqual([['{"n":5}', 'no five']]);
});

test.concurrent('what is no message of its is buried at once', async () => {
  const given = orders('strange');
  const written: number[] = [];
  rig.runBatch(writer(given, (ns) => void written.push(...ns)));
  await rig.send(given, 1);
  await rig.bus.js.publish('action.test.strange.2', 'neither JSON');
  await rig.send({ ...given, subject: () => 'action.test.strange.3' }, Number.NaN);
  await rig.send(given, 4);
  await until(() => written.length === 2);
  expect(written).toEqual([1, 4]);
  await settled('strange');
  const letters = await rig.deadLetters('strange');
  expect(letters.map(({ error, attempts }) => [error.code, attempts])).toEqual([
    ['MESSAGE_UNPARSEABLE', 1],
    ['MESSAGE_UNPARSEABLE', 1],
  ]);
});

test.concurrent('a batch that is written for longer than the lease keeps all of its messages', async () => {
  const given = orders('slow');
  const batches: number[][] = [];
  for (const n of range(4)) await rig.send(given, n);
  rig.runBatch(
    writer(
      given,
      async (ns) => {
        batches.push(ns);
        if (batches.length === 1) await new Promise((resolve) => setTimeout(resolve, 3_000));
      },
      { leaseMs: 1 * SECOND },
    ),
  );
  await until(() => batches.length > 0);
  await settled('slow');
  const { num_redelivered, delivered } = await rig.bus.jsm.consumers.info('ACTIONS', 'slow');
  expect(batches).toEqual([range(4)]);
  expect([num_redelivered, delivered.consumer_seq]).toEqual([0, 4]);
});

test.concurrent('a stop lets the batch in hand be written, and acks it', async () => {
  const given = orders('stopped');
  const written: number[] = [];
  let begun = false;
  let goOn = () => {};
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  for (const n of range(30)) await rig.send(given, n);
  const running = rig.runBatch(
    writer(
      given,
      async (ns) => {
        begun = true;
        await gate;
        written.push(...ns);
      },
      { leaseMs: 20 * SECOND },
    ),
  );
  await until(() => begun);
  const stopped = running.stop();
  goOn();
  await stopped;
  // What was on its way when it stopped comes again when its lease ends; what was written does not.
  const left = async () => {
    const { num_pending, num_ack_pending } = await rig.bus.jsm.consumers.info('ACTIONS', 'stopped');
    return num_pending + num_ack_pending;
  };
  await until(async () => (await left()) === 30 - written.length);
  expect(written).toEqual(range(written.length));
});

test.concurrent('of two replicas one writes; when it dies the other takes over and nothing is lost', async () => {
  const given = orders('pinned');
  const [one, other] = [await createRig(nats.url, 'one'), await createRig(nats.url, 'other')];
  const written: { by: string; n: number }[] = [];
  const by = (name: string, on: Rig) =>
    on.runBatch(writer(given, (ns) => void written.push(...ns.map((n) => ({ by: name, n }))), { name: 'pinned' }));
  try {
    by('one', one);
    for (const n of range(10)) await rig.send(given, n);
    await until(() => written.length === 10);
    by('other', other);
    await until(async () => (await rig.bus.jsm.consumers.info('ACTIONS', 'pinned')).num_waiting >= 2);
    for (const n of range(20)) await rig.send(given, 10 + n);
    await until(() => written.length === 30);
    expect(new Set(written.map(({ by }) => by))).toEqual(new Set(['one']));

    // As if its machine were gone: no goodbye to the server.
    await one.bus.nc.close();
    for (const n of range(10)) await rig.send(given, 30 + n);
    await until(() => new Set(written.map(({ n }) => n)).size === 40, { timeoutMs: 20 * SECOND });
    const after = written.filter(({ n }) => n >= 30);
    expect(new Set(after.map(({ by }) => by))).toEqual(new Set(['other']));
    expect(after.map(({ n }) => n)).toEqual(range(10).map((n) => 30 + n));
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}, 60_000);

test.concurrent('what a replica had in hand when it died is written by the next one, and before what came later', async () => {
  const given = orders('in-hand');
  const [one, other] = [await createRig(nats.url, 'one'), await createRig(nats.url, 'other')];
  const written: number[] = [];
  let inHand = 0;
  try {
    one.runBatch(
      writer(
        given,
        (ns) => {
          inHand += ns.length;
          return new Promise(() => {});
        },
        { leaseMs: 3 * SECOND },
      ),
    );
    for (const n of range(10)) await rig.send(given, n);
    await until(() => inHand === 10);
    await one.bus.nc.close();
    other.runBatch(writer(given, (ns) => void written.push(...ns), { leaseMs: 3 * SECOND }));
    for (const n of range(10)) await rig.send(given, 10 + n);
    await until(() => written.length >= 20, { timeoutMs: 30 * SECOND });
    expect([...written.slice(0, 10).toSorted((a, b) => a - b), ...written.slice(10)]).toEqual(range(20));
  } finally {
    await other.close();
  }
}, 60_000);
