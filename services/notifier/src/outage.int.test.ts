import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Channel } from './channels/channel.ts';
import { createWorld, type World } from './testing/world.ts';

const NOTIFICATIONS = 1_000;
const PER_SECOND = 400;
const BURST = 40;

let world: World;
/** How often a provider was asked how it is. */
let probes = 0;
const stop = new AbortController();
let running: Promise<unknown>;

beforeAll(async () => {
  const limits = { pace: { perSecond: PER_SECOND, burst: BURST }, concurrency: 32 };
  const channels = (_standIns: unknown, usual: Channel[]): Channel[] =>
    usual.map((channel) => {
      const probe = channel.probe?.bind(channel);
      if (probe === undefined || channel.name !== 'whatsapp') return channel;
      return {
        ...channel,
        probe(signal) {
          probes++;
          return probe(signal);
        },
      };
    });
  // Time runs as it does: breaker and rate limiter are the real ones.
  world = await createWorld({ limits, clock: { now: () => Date.now(), advance() {} }, channels });
  const { dispatchers, intakes, sweeper } = world.notifier;
  const parts = [...dispatchers, sweeper].map((part) => part.run(stop.signal));
  running = Promise.all([...parts, ...intakes.map((intake) => intake.watch(stop.signal))]);
});

afterAll(async () => {
  stop.abort();
  await running;
  await world?.[Symbol.asyncDispose]();
});

it('a provider down with 1,000 waiting: none lost, none doubled, no attempt spent, then drained within its rate', async () => {
  const whatsapp = world.notifier.intakes.find(({ name }) => name.startsWith('whatsapp'));
  await world.standIns.goDown();
  for (let at = 0; at < NOTIFICATIONS; at += 50) {
    const batch = Array.from({ length: 50 }, (_, index) =>
      world.notify({
        recipients: [{ channel: 'whatsapp', address: `+55119${String(90_000_000 + at + index)}` }],
        text: { body: `message ${at + index}` },
      }),
    );
    await Promise.all(batch);
  }
  await until(() => whatsapp?.state() === 'open');

  // Many half-open tries later it is still down, and nobody has paid for that.
  const deliveries = async () =>
    (await world.notifier.stores.notifications.list({ limit: NOTIFICATIONS + 1 })).flatMap((one) => one.deliveries);
  const attempts = async () => (await deliveries()).flatMap((one) => one.attempts);
  const asked = probes;
  await until(() => probes > asked + 40);
  const meanwhile = await attempts();
  expect(meanwhile.filter(({ spent }) => spent)).toEqual([]);
  expect(meanwhile.length).toBeLessThanOrEqual(32);

  await world.standIns.resume();
  await until(() => world.standIns.messages.length >= NOTIFICATIONS, { timeoutMs: 20_000 });
  await until(async () => (await deliveries()).every(({ state }) => state === 'SENT'), { timeoutMs: 20_000 });
  expect(await deliveries()).toHaveLength(NOTIFICATIONS);

  const arrived = world.standIns.messages;
  expect(new Set(arrived.map(({ text }) => text)).size).toBe(NOTIFICATIONS);
  expect(arrived).toHaveLength(NOTIFICATIONS);
  expect((await attempts()).filter(({ spent, class: ended }) => spent && ended !== 'ACCEPTED')).toEqual([]);
  // The pace holds where messages leave; on their way they may close up by what the slowest call takes.
  const times = arrived.map(({ at }) => Date.parse(at));
  for (const [index, from] of times.entries()) {
    const within = times.slice(index).filter((time) => time - from < 500).length;
    expect(within).toBeLessThanOrEqual(BURST + PER_SECOND * 0.5 + PER_SECOND * 0.25);
  }
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(((NOTIFICATIONS - BURST) / PER_SECOND) * 1_000 * 0.85);
}, 60_000);
