import type { ChannelName } from '@techno/contracts';
import { type Clock, errorMessage, pause } from '@techno/kernel';
import type { Change, Deliveries, Delivery } from '@techno/storage';
import type { Channel } from '../channels/channel.ts';
import { afterAttempt, afterSilence } from '../delivery/after-attempt.ts';
import type { NotifierMetrics } from '../metrics.ts';
import type { ApplyReceipt } from '../receipts/apply.ts';
import { createBell } from './bell.ts';
import { changeAfter, count, type DeliverDeps, withNews } from './deliver.ts';

export interface SweeperDeps {
  readonly deliveries: Deliveries;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly deliver: DeliverDeps;
  readonly applyReceipt: ApplyReceipt;
  readonly metrics: NotifierMetrics;
  readonly clock: Clock;
  /** The rest after each time. */
  readonly restMs: number;
  readonly onProblem: (fields: { problem: string; part: string }) => void;
}

const LIMIT = 200;

export interface Sweeper {
  once(): Promise<void>;
  /** Whenever it is poked, until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** There is something overdue: look now. */
  poke(): void;
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
    },
    ages: async () => metrics.ages(await deliveries.ages(new Date(clock.now()))),
  };

  const bell = createBell();
  return {
    poke: bell.ring,
    async once() {
      for (const [part, run] of Object.entries(parts)) {
        await run().catch((error: unknown) => deps.onProblem({ problem: errorMessage(error), part }));
      }
    },
    async run(signal) {
      while (!signal.aborted) {
        await this.once();
        await pause(deps.restMs, signal);
        await bell.rung(signal);
      }
    },
  };
}

/**
 * Its holder died, which counts as a try: a message that kills whoever sends it must not do so for ever. A call that was started may have
 * been heard: it is made again where the provider knows its key, and is UNKNOWN where not. One that was not is made now.
 */
function recovered(current: Delivery, { channels, deliver }: SweeperDeps): Change {
  const channel = channels.get(current.channels[current.position] ?? 'email');
  const number = current.openAttempt;
  const base = { code: 'INTERRUPTED', spent: true, aboutChannel: false, suppress: false };
  if (number !== undefined && channel !== undefined && !channel.keyed) {
    return changeAfter(current, number, { ...base, class: 'UNKNOWN' }, channel, deliver);
  }
  const { clock, policy, random } = deliver;
  const nowMs = clock.now();
  const next = afterAttempt(current, { class: 'FAILED_TEMPORARY', code: base.code, spent: true }, { nowMs, policy, random });
  // It was interrupted rather than refused: there is nothing to wait for.
  const transition = next.state === 'QUEUED' && next.tier !== 'slow' ? { ...next, dueAt: new Date(nowMs) } : next;
  const ended = { class: 'FAILED_TEMPORARY', code: base.code, spent: true, finishedAt: new Date(nowMs) } as const;
  return { transition, attempt: number === undefined ? undefined : { number, ...ended } };
}
