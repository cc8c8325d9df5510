import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { StackFile } from '../../e2e/launched.ts';
import { ask, type Reply } from './ask.ts';
import { type Kind, kindOf, requestOf } from './mix.ts';

/** One request and what became of it at the edge. Times are epoch milliseconds. */
export interface Answer extends Reply {
  readonly id: string;
  readonly kind: Kind;
  /** When it was to be sent, whether it could be or not. */
  readonly dueAt: number;
  readonly answeredAt: number;
  readonly tries: number;
}

export interface TrafficOptions {
  readonly runId: string;
  readonly perSecond: number;
  readonly target: () => StackFile;
  /** Asks again under the same key until it is taken or refused for good. */
  readonly impatient: boolean;
}

export interface Traffic {
  /** What has been answered so far, in the order of the answers. */
  readonly answers: readonly Answer[];
  readonly asked: number;
  /** Stops asking and waits for every answer. */
  stop(): Promise<readonly Answer[]>;
}

const TICK_MS = 10;
const IMPATIENCE_MS = 100;
/** Of one request with all its repeats. */
const GIVE_UP_MS = 60_000;

/** Asks at a steady rate, whatever the answers do: a stall piles up instead of hiding. */
export function startTraffic({ runId, perSecond, target, impatient }: TrafficOptions): Traffic {
  // With a timeout of its own, for only then it heeds how long the gateway keeps an idle connection.
  const agent = new Agent({ keepAlive: true, maxSockets: 1_024, timeout: 30_000 });
  const answers: Answer[] = [];
  const open = new Set<Promise<void>>();
  const began = Date.now();
  let asked = 0;
  let stopped = false;

  const one = async (number: number, dueAt: number): Promise<void> => {
    const id = `${runId}-${number}`;
    const kind = kindOf(number);
    for (let tries = 1; ; tries++) {
      const stack = target();
      const reply = await ask(agent, stack.gateway, requestOf(kind, id, stack, Math.floor(Date.now() / 1_000)));
      const refused = reply.status === 0 || reply.status === 429 || reply.status === 503 || reply.status === 409;
      if (refused && impatient && !stopped && Date.now() - dueAt < GIVE_UP_MS) {
        await delay(IMPATIENCE_MS);
        continue;
      }
      answers.push({ ...reply, id, kind, dueAt, answeredAt: Date.now(), tries });
      return;
    }
  };
  const timer = setInterval(() => {
    const due = ((Date.now() - began) / 1_000) * perSecond;
    for (; asked < due; asked++) {
      const asking: Promise<void> = one(asked, began + (asked / perSecond) * 1_000).finally(() => open.delete(asking));
      open.add(asking);
    }
  }, TICK_MS);
  return {
    answers,
    get asked() {
      return asked;
    },
    async stop() {
      clearInterval(timer);
      stopped = true;
      await Promise.all(open);
      agent.destroy();
      return answers;
    },
  };
}
