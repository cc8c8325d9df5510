import { STREAMS } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import { startNats, type TestNats, until } from '@techno/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig, orders, type Rig, worker } from './testing/rig.ts';

let nats: TestNats;
let rig: Rig;
beforeEach(async () => {
  nats = await startNats();
  rig = await createRig(nats.url);
});
afterEach(async () => {
  await rig.close();
  await nats.stop();
});

test('a server killed and started again under load loses nothing that it acked', async () => {
  const given = orders('killed');
  const [stored, handled] = [new Set<number>(), new Set<number>()];
  rig.run(worker(given, { concurrency: 64, handle: async ({ n }) => void handled.add(n) }));

  const TOTAL = 5_000;
  let next = 0;
  const publisher = async () => {
    for (let n = next++; n < TOTAL; n = next++) {
      // A publisher that is refused tries again under the same id, until it is told that the message is stored.
      await until(
        () =>
          rig.send(given, n).then(
            () => true,
            () => false,
          ),
        { timeoutMs: 20 * SECOND },
      );
      stored.add(n);
    }
  };
  const published = Promise.all(Array.from({ length: 64 }, publisher));
  await until(() => stored.size > TOTAL / 4);
  await nats.kill();
  await nats.start();
  await published;
  await until(() => [...stored].every((n) => handled.has(n)), { timeoutMs: 20 * SECOND });
  expect(stored.size).toBe(TOTAL);
}, 60_000);

test('with its store wiped, streams and consumers come back by themselves', async () => {
  const given = orders('wiped');
  const handled: number[] = [];
  rig.run(worker(given, { handle: async ({ n }) => void handled.push(n) }));
  await rig.send(given, 1);
  await until(() => handled.length === 1);
  await nats.kill();
  await nats.wipe();
  await nats.start();
  await until(
    () =>
      rig.send(given, 2).then(
        () => true,
        () => false,
      ),
    { timeoutMs: 20 * SECOND },
  );
  await until(() => handled.includes(2), { timeoutMs: 20 * SECOND });
  expect((await rig.bus.jsm.streams.names().next()).toSorted()).toEqual(STREAMS.map(({ name }) => name).toSorted());
}, 60_000);

test('a deleted consumer comes back, and so does a deleted stream', async () => {
  const given = orders('deleted');
  const handled: number[] = [];
  rig.run(worker(given, { handle: async ({ n }) => void handled.push(n) }));
  await rig.send(given, 1);
  await until(() => handled.includes(1));
  await rig.bus.jsm.consumers.delete('ACTIONS', 'deleted');
  await rig.send(given, 2);
  await until(() => handled.includes(2), { timeoutMs: 15 * SECOND });

  await rig.bus.jsm.streams.delete('ACTIONS');
  await until(() =>
    rig.send(given, 3).then(
      () => true,
      () => false,
    ),
  );
  await until(() => handled.includes(3), { timeoutMs: 15 * SECOND });
  expect(rig.problems.length).toBeGreaterThan(0);
}, 60_000);

test('an actor that turned out to be slow comes back as well, after its consumer and after the server', async () => {
  const given = orders('slow');
  const handled = new Set<number>();
  rig.run(
    worker(given, {
      concurrency: 1,
      async handle({ n }) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        handled.add(n);
      },
    }),
  );
  for (let n = 0; n < 6; n++) await rig.send(given, n);
  await until(() => handled.size === 6);
  await rig.bus.jsm.consumers.delete('ACTIONS', 'slow');
  await rig.send(given, 6);
  await until(() => handled.has(6), { timeoutMs: 20 * SECOND });
  await nats.kill();
  await nats.wipe();
  await nats.start();
  await until(
    () =>
      rig.send(given, 7).then(
        () => true,
        () => false,
      ),
    { timeoutMs: 20 * SECOND },
  );
  await until(() => handled.has(7), { timeoutMs: 20 * SECOND });
  expect(handled.size).toBe(8);
}, 60_000);

test('without a server publishing fails at once, costs no attempt, and asking for a result is no hang', async () => {
  await nats.pause();
  await until(() => !rig.bus.connected());
  const startedAt = performance.now();
  await expect(rig.send(orders('away'), 1)).rejects.toMatchObject({ code: 'NATS_UNAVAILABLE', spendsAttempt: false });
  expect(performance.now() - startedAt).toBeLessThan(500);
  rig.transport.reply('inbox.nobody', {}, '{}');
  await nats.start();
  await until(() => rig.bus.connected());
  await rig.send(orders('away'), 1);
});
