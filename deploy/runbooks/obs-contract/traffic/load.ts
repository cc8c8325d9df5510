import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '@techno/kernel';
import type { World } from '../world/world.ts';
import { type Answer, call } from './client.ts';

type Loaded = Pick<World, 'gateway' | 'apiKey' | 'adminKey' | 'standIns'>;

/** Of so many requests in a row one goes to the model and one to each channel; the others are the cheapest there is. */
const ROUND = 20;
const RETRY_AFTER_MS = 3 * SECOND;

/**
 * Asks at a steady rate for what panels and rules have rates of: a rate needs something to happen between two scrapes, which
 * once is not enough for. Gives how many were answered by which status; 0: not at all.
 */
export async function load(
  world: Loaded,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const asked: Promise<void>[] = [];
  const kinds = kindsOf(world);
  const ask = async (number: number) => {
    const asking = kinds[number % ROUND] ?? echo(world);
    const once = () =>
      asking(number).then(
        (answer) => answer.status,
        () => 0,
      );
    let status = await once();
    // Nothing was accepted, and the caller is told to ask again: what stays so is broken, what a stall of the machine made is not.
    if (status === 503) {
      await delay(RETRY_AFTER_MS);
      status = await once();
    }
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

type Ask = (number: number) => Promise<Answer>;

const echo =
  ({ gateway, apiKey }: Loaded): Ask =>
  (number) =>
    call(`${gateway}/v1/process`, 'POST', {
      key: apiKey,
      body: { action: 'echo', context_id: 'default', payload: { number } },
    });

/** The rarer ones. Real people are told once in a round, stand-ins for them over every channel. */
function kindsOf({ gateway, adminKey, standIns }: Loaded): Ask[] {
  const model: Ask = (number) =>
    call(`${gateway}/v1/process`, 'POST', {
      key: adminKey,
      body: { action: 'ask_model', context_id: 'default', payload: { question: `What is two and ${number}?` } },
    });
  const tell =
    (to: object): Ask =>
    (number) =>
      call(`${gateway}/v1/notifications`, 'POST', {
        key: adminKey,
        body: { context_id: 'default', notification: { ...to, text: { body: `The contract runs (${number})` } } },
      });
  if (standIns === undefined) return [model, tell({ recipients: ['demo'] })];
  return [
    model,
    // Whichever message meets the provider that is told to fail once falls back.
    ...[['whatsapp', 'email'], ['email'], ['sms']].map((channels) => tell({ recipients: ['demo'], channels })),
    tell({ recipients: [{ channel: 'webhook', address: `${standIns}/hooks/obs` }] }),
  ];
}
