import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JsMsg, ReplayPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import {
  type Actor,
  type ActorObserver,
  attempt,
  createMailboxes,
  type Delivery,
  maxAttempts,
  parseBody,
  type Transport,
} from '@techno/actor';
import { retrySubject } from '@techno/contracts';
import { type Clock, pause, SECOND } from '@techno/kernel';
import type { Bus } from './bus.ts';
import { deliveriesOf } from './delivery.ts';
import { createIntake } from './intake.ts';
import { pull, type PullOptions } from './pull.ts';

export interface RunActorDeps {
  readonly bus: Bus;
  readonly transport: Transport;
  readonly observer: ActorObserver;
  readonly clock: Clock;
  readonly streamReplicas: number;
  readonly onProblem: PullOptions['onProblem'];
}

/** Unacked messages over all replicas, for each place in one replica: room for many replicas and their prefetch. */
const ACK_PENDING_PER_SLOT = 64;

/** How soon a pull is closed once its actor is paused: each look wakes an idle process. */
const PAUSE_LOOK_MS = 200;

/** The durable of an actor: its subject and its own retries. */
export function consumerConfig<Body>(actor: Actor<Body>): ConsumerConfig & { durable_name: string } {
  return {
    durable_name: actor.name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    ack_wait: nanos(actor.leaseMs),
    filter_subjects: [actor.receives.pattern, retrySubject(actor.receives.stream, actor.name)],
    max_ack_pending: Math.max(1_000, actor.concurrency * ACK_PENDING_PER_SLOT),
    // The runtime dead-letters at the end of the actor's attempts; the server only steps in where no process lives long enough to.
    max_deliver: maxAttempts(actor.retryDelaysMs) + 3,
  };
}

/**
 * Runs one actor until `signal` (stop taking); returns when what was in flight is settled. `abort` ends handlers that
 * outlast the grace period.
 */
export async function runActor<Body>(
  actor: Actor<Body>,
  deps: RunActorDeps,
  signal: AbortSignal,
  abort: AbortSignal,
): Promise<void> {
  const mailboxes = createMailboxes();
  const intake = createIntake({ places: actor.concurrency, leaseMs: actor.leaseMs });
  const attemptDeps = { transport: deps.transport, observer: deps.observer, clock: deps.clock, signal: abort };

  const takeOne = (delivery: Delivery): Promise<void> | undefined => {
    const run = () => attempt(actor, delivery, attemptDeps);
    const key = keyOf(actor, delivery);
    return intake.take({
      run: key === undefined ? run : () => mailboxes.run(key, run),
      working: () => delivery.working(),
    });
  };
  const take = (message: JsMsg) => oneAfterTheOther(deliveriesOf(message, deps.bus.atTurnEnd), takeOne);

  const options: PullOptions = {
    stream: actor.receives.stream,
    config: consumerConfig(actor),
    // Enough to keep every place busy over one refill; nothing at all once handlers turn out to be slow.
    prefetch: Math.max(2, actor.concurrency * 2),
    byHand: intake.byHand,
    streamReplicas: deps.streamReplicas,
    onProblem: deps.onProblem,
  };
  try {
    await pullUnlessPaused(actor, deps, options, take, signal);
    await intake.idle();
  } finally {
    intake.close();
  }
}

/** While the actor is paused no pull is open, so its messages stay on the server and no lease runs. */
async function pullUnlessPaused<Body>(
  actor: Actor<Body>,
  deps: RunActorDeps,
  options: PullOptions,
  take: (message: JsMsg) => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const pausedUntil = actor.pausedUntil;
  if (pausedUntil === undefined) return pull(deps.bus, options, take, signal);
  while (!signal.aborted) {
    const until = pausedUntil();
    if (until !== undefined && until > deps.clock.now()) {
      await pause(Math.min(until - deps.clock.now(), 1 * SECOND), signal);
      continue;
    }
    const open = new AbortController();
    const close = () => open.abort();
    signal.addEventListener('abort', close, { once: true });
    const watch = setInterval(() => {
      const next = pausedUntil();
      if (next !== undefined && next > deps.clock.now()) close();
    }, PAUSE_LOOK_MS);
    try {
      await pull(deps.bus, options, take, open.signal);
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', close);
    }
  }
}

/** Back-pressure within a batch too: the next one is begun when the last one was let in. Without a promise where nothing waits. */
function oneAfterTheOther(
  deliveries: readonly Delivery[],
  takeOne: (delivery: Delivery) => Promise<void> | undefined,
  from = 0,
): Promise<void> | undefined {
  for (let index = from; index < deliveries.length; index++) {
    const taken = takeOne(deliveries[index] as Delivery);
    if (taken !== undefined) return taken.then(() => oneAfterTheOther(deliveries, takeOne, index + 1));
  }
  return undefined;
}

function keyOf<Body>(actor: Actor<Body>, delivery: Delivery): string | undefined {
  if (actor.keyedBy === undefined) return undefined;
  const parsed = parseBody(actor.receives, delivery);
  if (!('body' in parsed)) return undefined;
  try {
    return actor.keyedBy(parsed.body);
  } catch {
    // Thrown from here it would end the pull; without a key it is handled like a message that has none.
    return undefined;
  }
}
