import { startNats, type TestNats } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bus, connectBus } from './bus.ts';
import { storedMessages, streamCreated } from './stored.ts';
import { ensureStreams } from './topology.ts';
import { createTransport } from './transport.ts';

let nats: TestNats;
let bus: Bus;

beforeAll(async () => {
  nats = await startNats();
  bus = await connectBus({ url: nats.url, name: 'stored-test' });
  await ensureStreams(bus);
});
afterAll(async () => {
  await bus.close();
  await nats.stop();
});

it('a message is read back whole, and what is gone is nothing', async () => {
  const message = {
    subject: 'action.requested.api',
    stream: 'ACTIONS',
    id: 'm1',
    headers: { 'ce-id': 'm1' },
    data: 'text',
  } as const;
  await createTransport(bus).publish(message);
  const [found] = await storedMessages(bus, 'ACTIONS', 1);
  expect(found).toMatchObject({ stream: 'ACTIONS', subject: 'action.requested.api', seq: 1 });
  expect(Buffer.from(found?.bytes() ?? []).toString()).toBe('text');
  expect([found?.header('ce-id'), found?.header('none'), found?.headers()['Nats-Msg-Id']]).toEqual(['m1', undefined, 'm1']);
  expect(await storedMessages(bus, 'ACTIONS', 99)).toEqual([]);
});

it('a stream that is made again is another one', async () => {
  const before = await streamCreated(bus, 'ADVISORIES');
  await bus.jsm.streams.delete('ADVISORIES');
  expect(await storedMessages(bus, 'ADVISORIES', 1)).toEqual([]);
  await ensureStreams(bus);
  expect(await streamCreated(bus, 'ADVISORIES')).not.toBe(before);
});

it('a stream of an earlier release learns to hold schedules', async () => {
  await bus.jsm.streams.delete('ADVISORIES');
  await bus.jsm.streams.add({ name: 'ADVISORIES', subjects: ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>'] });
  await ensureStreams(bus);
  const { config } = await bus.jsm.streams.info('ADVISORIES');
  expect(config).toMatchObject({ allow_msg_schedules: true, subjects: expect.arrayContaining(['retry.ADVISORIES.>']) });
});
