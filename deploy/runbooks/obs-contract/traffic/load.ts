import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '@techno/kernel';
import type { World } from '../world/world.ts';
import { call } from './client.ts';

/** Asks for `echo` at a steady rate. Gives how many were answered by which status; 0: not at all. */
export async function load(
  { gateway, apiKey }: Pick<World, 'gateway' | 'apiKey'>,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const asked: Promise<void>[] = [];
  const ask = async (number: number) => {
    const body = { action: 'echo', context_id: 'default', payload: { number } };
    const status = await call(`${gateway}/v1/process`, 'POST', { key: apiKey, body }).then(
      (answer) => answer.status,
      () => 0,
    );
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  const startedAt = performance.now();
  for (let number = 0; number < perSecond * seconds; number++) {
    const due = startedAt + (number / perSecond) * SECOND;
    if (due > performance.now()) await delay(due - performance.now());
    asked.push(ask(number));
  }
  await Promise.all(asked);
  return statuses;
}
