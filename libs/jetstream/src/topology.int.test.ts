import { AckPolicy, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream';
import { SECOND, StartupError } from '@techno/kernel';
import { startNats, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, orders, type Rig } from './testing/rig.ts';
import { applyStreams, ensureConsumer } from './topology.ts';

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

const durable = (kind: string, ack_policy: AckPolicy) => ({
  durable_name: kind,
  ack_policy,
  deliver_policy: DeliverPolicy.All,
  replay_policy: ReplayPolicy.Instant,
  filter_subjects: [orders(kind).pattern],
});

test('a durable is changed where the server lets it be changed', async () => {
  const config = durable('changed', AckPolicy.Explicit);
  await ensureConsumer(rig.bus, 'ACTIONS', config);
  await ensureConsumer(rig.bus, 'ACTIONS', { ...config, max_ack_pending: 7 });
  expect((await rig.bus.jsm.consumers.info('ACTIONS', 'changed')).config.max_ack_pending).toBe(7);
});

test('one whose acks are of an older version is made anew by the operator, from the first message that it had not settled', async () => {
  const given = orders('older');
  await rig.bus.jsm.consumers.add('ACTIONS', durable('older', AckPolicy.All));
  for (const n of [0, 1, 2, 3]) await rig.send(given, n);
  const consumer = await rig.bus.js.consumers.get('ACTIONS', 'older');
  await consumer.next();
  await (await consumer.next())?.ackAck();

  const refused = await ensureConsumer(rig.bus, 'ACTIONS', durable('older', AckPolicy.Explicit)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StartupError);
  expect(refused).toMatchObject({ code: 'CONSUMER_OUTDATED' });

  await applyStreams(nats.url);
  const written: number[] = [];
  rig.runBatch({
    name: 'older',
    receives: [given as never],
    maxBatch: 10,
    lingerMs: 20,
    leaseMs: 2 * SECOND,
    handle: async (batch) => void written.push(...batch.map(({ body }) => (body as { n: number }).n)),
  });
  await until(() => written.length === 2);
  expect(written).toEqual([2, 3]);
});
