import { HEADER } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import { expect, it } from 'vitest';
import { defineActor } from './actor.ts';
import { ordered } from './testing/orders.ts';
import { createInMemoryBus } from './in-memory-bus.ts';
import { createVirtualTime } from './virtual-time.ts';

const message = (id: string, subject = 'test.ordered.1') => ({
  subject,
  stream: 'ACTIONS' as const,
  id,
  headers: {},
  data: '{"n":1}',
});

it('refuses an id inside its window and takes it after', async () => {
  const bus = createInMemoryBus({ seed: 1, duplicateWindowMs: 10 * SECOND });
  await Promise.all([bus.transport.publish(message('same')), bus.transport.publish(message('same'))]);
  expect(bus.stored('ACTIONS')).toHaveLength(1);
  void bus.sleep(11 * SECOND);
  await bus.settle();
  await bus.transport.publish(message('same'));
  expect(bus.stored('ACTIONS')).toHaveLength(2);
});

it('fires a schedule once, when it is due, without an id; a later one of its key takes its place', async () => {
  const bus = createInMemoryBus({ seed: 1 });
  await bus.transport.schedule(message('first'), 5 * SECOND, 'key');
  await bus.transport.schedule(message('second', 'test.ordered.2'), 5 * SECOND, 'key');
  await bus.transport.schedule({ ...message('third'), headers: { mark: 'later' } }, 9 * SECOND, 'key');
  await bus.settle();
  expect(bus.clock.now()).toBe(9 * SECOND);
  expect(bus.stored('ACTIONS').map(({ subject, id, headers }) => [subject, id, headers])).toEqual([
    ['test.ordered.2', undefined, {}],
    ['test.ordered.1', undefined, { mark: 'later' }],
  ]);
});

it('gives a message out again when its lease ends, and never to another actor than the ones that want it', async () => {
  const bus = createInMemoryBus({ seed: 1 });
  const seen: string[] = [];
  const actor = (name: string, pattern: string) =>
    defineActor<{ n: number }>({
      name,
      receives: { ...ordered, pattern },
      leaseMs: 5 * SECOND,
      async handle({ n }, { attempt }) {
        seen.push(`${name} ${n} ${attempt} at ${bus.clock.now()}`);
        if (name === 'frozen' && attempt === 1) await bus.sleep(7 * SECOND);
      },
    });
  bus.run(actor('frozen', 'test.ordered.*'));
  bus.run(actor('other', 'test.ordered.2'));
  bus.send(ordered, { n: 1 }, 'one');
  await bus.settle();
  expect(seen[0]).toBe('frozen 1 1 at 0');
  expect(
    bus.history
      .filter(({ what }) => what === 'delivered')
      .map(({ at }) => at)
      .slice(0, 2),
  ).toEqual([0, 5 * SECOND]);
  expect(seen.some((line) => line.startsWith('other'))).toBe(false);
});

it('gives out no more at once than the actor takes, and keeps the order of a key', async () => {
  const bus = createInMemoryBus({ seed: 1, faults: {} });
  let now = 0;
  let most = 0;
  const order: number[] = [];
  bus.run(
    defineActor<{ n: number }>({
      name: 'worker',
      receives: ordered,
      concurrency: 3,
      keyedBy: ({ n }) => String(n % 2),
      async handle({ n }) {
        most = Math.max(most, ++now);
        await bus.sleep(100 - n);
        order.push(n);
        now--;
      },
    }),
  );
  for (let n = 0; n < 10; n++) bus.send(ordered, { n }, `order ${n}`);
  await bus.settle();
  expect(most).toBe(2);
  for (const parity of [0, 1]) {
    const ofKey = order.filter((n) => n % 2 === parity);
    expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
  }
});

it('delivers a late ack after the message was given out again, and then stops', async () => {
  const bus = createInMemoryBus({ seed: 5, faults: { ackLate: 1 } });
  bus.run(defineActor<{ n: number }>({ name: 'worker', receives: ordered, leaseMs: 2 * SECOND, handle: async () => {} }));
  for (let n = 0; n < 20; n++) bus.send(ordered, { n }, `order ${n}`, { [HEADER.replay]: '0' });
  await bus.settle();
  const acked = bus.history.filter(({ what }) => what === 'acked');
  expect(acked.length).toBeGreaterThanOrEqual(20);
  expect(bus.history.some(({ what, deliveries }) => what === 'delivered' && deliveries === 2)).toBe(true);
});

it('says what goes round for ever, with its seed', async () => {
  const time = createVirtualTime(77);
  const again = () => time.after(1, again);
  again();
  await expect(time.run(100)).rejects.toThrow('seed 77');
});
