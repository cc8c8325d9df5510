import { type Clock, errorMessage, pause, SECOND } from '@techno/kernel';
import type { Deliveries } from '@techno/storage';
import type { Channel } from '../channels/channel.ts';
import { gcra, type Pace } from '../delivery/pace.ts';
import { createBell } from './bell.ts';
import { deliver, type DeliverDeps } from './deliver.ts';
import type { Intake } from './intake.ts';

export interface ChannelLimits {
  readonly pace: Pace;
  /** Rest between two messages to one recipient. */
  readonly recipientRestMs: number;
  /** Calls at once. */
  readonly concurrency: number;
}

export interface Dispatcher {
  readonly channel: Channel['name'];
  /** Claims what is due now and delivers it; gives how many that were. */
  once(signal: AbortSignal): Promise<number>;
  /** Again and again, until the signal; then waits for what is under way. */
  run(signal: AbortSignal): Promise<void>;
  /** Something may be due: look now. */
  poke(): void;
}

export interface DispatcherDeps {
  readonly channel: Channel;
  readonly intake: Intake;
  readonly limits: ChannelLimits;
  readonly deliveries: Pick<Deliveries, 'claim'>;
  readonly clock: Clock;
  readonly onProblem: (fields: { problem: string; channel: string }) => void;
  readonly deliver: DeliverDeps;
}

/** Takes what is due on one channel and sends it, as fast as the channel's pace and its door allow. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { channel, intake, limits, deliveries, clock } = deps;
  let underWay = 0;
  const bell = createBell();

  async function claim() {
    const admitted = intake.room();
    const room = Math.min(limits.concurrency, admitted) - underWay;
    if (room <= 0) return [];
    const now = clock.now();
    return deliveries.claim({
      channel: channel.name,
      now: new Date(now),
      limit: room,
      trial: admitted === 1,
      leaseMs: deps.deliver.leaseMs,
      pace: gcra(limits.pace, now),
      recipientRestMs: limits.recipientRestMs,
    });
  }

  async function work(delivery: Awaited<ReturnType<typeof claim>>[number], signal: AbortSignal): Promise<void> {
    underWay++;
    try {
      await deliver(delivery, intake, channel, signal, deps.deliver);
    } catch (error) {
      // Its lease runs out, and the sweeper sees to it.
      deps.onProblem({ problem: errorMessage(error), channel: channel.name });
    } finally {
      underWay--;
      bell.ring();
    }
  }

  return {
    channel: channel.name,
    poke: bell.ring,
    async once(signal) {
      const claimed = await claim();
      await Promise.all(claimed.map((delivery) => work(delivery, signal)));
      return claimed.length;
    },
    async run(signal) {
      // Calls outlive the stop: a message under way is better finished than left in doubt.
      const calls = new AbortController();
      const running = new Set<Promise<void>>();
      while (!signal.aborted) {
        let claimed: Awaited<ReturnType<typeof claim>> = [];
        try {
          claimed = await claim();
        } catch (error) {
          deps.onProblem({ problem: errorMessage(error), channel: channel.name });
          await pause(1 * SECOND, signal);
        }
        for (const delivery of claimed) {
          const one = work(delivery, calls.signal).finally(() => running.delete(one));
          running.add(one);
        }
        if (claimed.length === 0) await bell.rung(signal);
      }
      await Promise.all(running);
    },
  };
}
