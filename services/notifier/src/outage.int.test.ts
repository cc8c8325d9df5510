import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorld, type World } from './notifier.fixture.ts';

const NOTIFICATIONS = 1_000;
const PER_SECOND = 400;
const BURST = 40;

let world: World;
const stop = new AbortController();
let running: Promise<unknown>;

beforeAll(async () => {
  const limits = { pace: { perSecond: PER_SECOND, burst: BURST }, concurrency: 32 };
  // Time runs as it does: breaker and rate limiter are the real ones.
  world = await createWorld({ limits, clock: { now: () => Date.now(), advance() {} } });
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
  const ids: string[] = [];
  for (let at = 0; at < NOTIFICATIONS; at += 50) {
    const batch = Array.from({ length: 50 }, (_, index) =>
      world.notify({
        recipients: [{ channel: 'whatsapp', address: `+55119${String(90_000_000 + at + index)}` }],
        text: { body: `message ${at + index}` },
      }),
    );
    ids.push(...(await Promise.all(batch)));
  }
  await until(() => whatsapp?.state() === 'open');

  // Many half-open tries later it is still down, and nobody has paid for that.
  const attempts = async () =>
    (await Promise.all(ids.map((id) => world.read(id)))).flatMap(({ deliveries }) => deliveries).flatMap((one) => one.attempts);
  const before = await attempts();
  await new Promise((resolve) => {
    let probes = 0;
    const count = setInterval(() => {
      if (++probes === 40) resolve(clearInterval(count));
    }, 25);
  });
  const after = await attempts();
  expect(after.filter(({ spent }) => spent)).toEqual([]);
  expect(after.length).toBe(before.length);
  expect(after.length).toBeLessThanOrEqual(32);

  await world.standIns.resume();
  await until(() => world.standIns.messages.length >= NOTIFICATIONS, { timeoutMs: 20_000 });
  await until(async () =>
    (await Promise.all(ids.map((id) => world.read(id)))).every(({ deliveries }) => deliveries[0]?.state === 'SENT'),
  );

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
