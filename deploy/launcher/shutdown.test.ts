import { expect, test } from 'vitest';
import { stopInOrder } from './shutdown.ts';

test('services are stopped first, PostgreSQL last, and all of it fits into 10 s even when everything uses up its time', async () => {
  let now = 0;
  const order: string[] = [];
  // Stopping takes as long as it may.
  const unit = (id: string) => ({
    id,
    ready: Promise.resolve(),
    async stop(graceMs: number) {
      order.push(id);
      now = Math.max(now, now + graceMs);
    },
  });
  await stopInOrder({ services: [unit('gateway')], nats: [unit('nats')], postgres: [unit('postgres')] }, () => now);
  expect(order).toEqual(['gateway', 'nats', 'postgres']);
  expect(now).toBeLessThan(10_000);
});
