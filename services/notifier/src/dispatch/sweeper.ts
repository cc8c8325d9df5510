import type { ChannelName } from '@techno/contracts';
import { type Clock, DAY, errorMessage, every } from '@techno/kernel';
import type { Change, Deliveries, Delivery } from '@techno/storage';
import type { Channel } from '../channels/channel.ts';
import { afterSilence } from '../delivery/after-attempt.ts';
import type { NotifierMetrics } from '../metrics.ts';
import type { ApplyReceipt } from '../receipts/apply.ts';
import { changeAfter, count, type DeliverDeps, withNews } from './deliver.ts';

export interface SweeperDeps {
  readonly deliveries: Deliveries;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly deliver: DeliverDeps;
  readonly applyReceipt: ApplyReceipt;
  readonly metrics: NotifierMetrics;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onProblem: (fields: { problem: string; part: string }) => void;
}

const LIMIT = 200;

export interface Sweeper {
  once(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

/**
 * What time alone moves: deliveries whose holder died, receipts that never came, receipts that came too early. All of it is read from the
 * record, so a lost bus or a killed process costs time and no message.
 */
export function createSweeper(deps: SweeperDeps): Sweeper {
  const { deliveries, clock, metrics } = deps;

  async function moving(
    sweep: (now: Date, limit: number, decide: (current: Delivery) => Change) => Promise<Delivery[]>,
    decide: (current: Delivery) => Change,
  ): Promise<void> {
    const nowMs = clock.now();
    const made = new Map<string, Change>();
    const moved = await sweep(new Date(nowMs), LIMIT, (current) => {
      const change = withNews(current, decide(current), nowMs);
      made.set(current.id, change);
      return change;
    });
    for (const delivery of moved) {
      const to = made.get(delivery.id)?.transition;
      if (to !== undefined) count(delivery, to, deps.deliver);
    }
  }

  const parts: Readonly<Record<string, () => Promise<unknown>>> = {
    recover: () => moving(deliveries.recover, (current) => recovered(current, deps)),
    expire: () => moving(deliveries.expire, (current) => ({ transition: afterSilence(current, clock.now()) })),
    early: async () => {
      for (const { channel, id, status, at } of await deliveries.takeEarly(LIMIT)) {
        await deps.applyReceipt(channel, { messageId: id, status, atMs: at.getTime() });
      }
      await deliveries.forgetEarly(new Date(clock.now() - DAY));
    },
    ages: async () => metrics.ages(await deliveries.ages(new Date(clock.now()))),
  };

  return {
    async once() {
      for (const [part, run] of Object.entries(parts)) {
        await run().catch((error: unknown) => deps.onProblem({ problem: errorMessage(error), part }));
      }
    },
    run(signal) {
      return every(deps.everyMs, signal, () => this.once());
    },
  };
}

/**
 * Its holder died. A call that was never started is made; one that was may have been heard: it is made again where the provider knows
 * its key, and is UNKNOWN where not.
 */
function recovered(current: Delivery, { channels, deliver }: SweeperDeps): Change {
  const channel = channels.get(current.channels[current.position] ?? 'email');
  if (current.openAttempt === undefined || channel === undefined) {
    const { position, tier, tries } = current;
    const dueAt = new Date(deliver.clock.now());
    const open = current.openAttempt;
    return {
      transition: { state: 'QUEUED', position, tier, tries, dueAt, provider: null, code: 'INTERRUPTED', settledAt: null },
      attempt:
        open === undefined ? undefined : { number: open, class: 'UNKNOWN', code: 'INTERRUPTED', spent: false, finishedAt: dueAt },
    };
  }
  const base = { code: 'INTERRUPTED', aboutChannel: false, suppress: false };
  if (!channel.keyed)
    return changeAfter(current, current.openAttempt, { ...base, class: 'UNKNOWN', spent: true }, channel, deliver);
  const change = changeAfter(
    current,
    current.openAttempt,
    { ...base, class: 'FAILED_TEMPORARY', spent: false },
    channel,
    deliver,
  );
  return change.transition === undefined
    ? change
    : { ...change, transition: { ...change.transition, dueAt: new Date(deliver.clock.now()) } };
}
