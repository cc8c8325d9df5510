import { AckPolicy, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import {
  type BatchActor,
  deadLetterId,
  deadLetterOf,
  type Delivery,
  envelope,
  type Failure,
  failureOf,
  foreign,
  type ObservedMessage,
  parseBody,
  type Received,
} from '@techno/actor';
import { deadLettered, HEADER, isForeignSchedule, type MessageContract, retrySubject } from '@techno/contracts';
import { exponentialDelayMs, jittered, pause, rfc3339, SECOND, StartupError, TransientMap } from '@techno/kernel';
import type { Bus } from './bus.ts';
import { openBursts } from './bursts.ts';
import { deliveriesOf } from './delivery.ts';
import type { HandedOut } from './handed-out.ts';
import { type DurableOptions, sustain } from './pull.ts';
import type { RunActorDeps } from './run-actor.ts';

/** A batch that fails this often in a row without the store being away is taken apart to find the message at fault. */
const TRIES_BEFORE_SPLIT = 3;

/**
 * Runs a batch actor until the signal. One replica at a time is pinned by the server; the others stand by. Messages stay
 * in order, and a failed batch is tried again in place: nothing overtakes it. Each message is acked by itself, for what a dead
 * replica had in hand must come again although its successor has written later ones.
 */
export async function runBatchActor(actor: BatchActor, deps: RunActorDeps, signal: AbortSignal): Promise<void> {
  const stream = actor.receives[0]?.stream;
  if (stream === undefined || actor.receives.some((contract) => contract.stream !== stream)) {
    throw new StartupError(
      'ACTOR_STREAMS_MIXED',
      `'${actor.name}' must receive messages of exactly one stream`,
      'Define one batch actor per stream.',
    );
  }
  const contractOf = bySubject(actor.receives);
  const options: DurableOptions = {
    stream,
    config: {
      durable_name: actor.name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      ack_wait: nanos(actor.leaseMs),
      // Its own retry subject is how one message is given to it again, and to nobody else.
      filter_subjects: [...actor.receives.map((contract) => contract.pattern), retrySubject(stream, actor.name)],
      // One batch being written, the next one in hand, and what a dead replica had of both.
      max_ack_pending: actor.maxBatch * 4,
      priority_policy: 'pinned_client',
      priority_groups: [GROUP],
      // Longer than a lease: what a dead replica had in hand is given out again before anything later is.
      priority_timeout: nanos(actor.leaseMs + 1 * SECOND),
    },
    streamReplicas: deps.streamReplicas,
    onProblem: deps.onProblem,
  };

  const hand = createHand(actor.leaseMs);
  const settle = (batch: readonly Held[]) =>
    settleBatch(actor, batch, contractOf, deps, signal).finally(() => hand.release(batch));
  try {
    await sustain(deps.bus, options, () => writeInBursts(actor, hand, settle, deps.bus, signal), signal);
  } finally {
    hand.close();
  }
}

const GROUP = 'writer';

/** A stored message and what it delivers. */
interface Held {
  readonly number: number;
  readonly message: HandedOut;
  readonly deliveries: readonly Delivery[];
}

/** What this replica has taken and not settled. Each message has its own lease, also while it waits. */
function createHand(leaseMs: number) {
  const held = new TransientMap<number, HandedOut>();
  let taken = 0;
  const heartbeat = setInterval(() => {
    for (const message of held.values()) message.working();
  }, leaseMs / 3);
  return {
    take: (messages: readonly HandedOut[]): Held[] =>
      messages.map((message) => {
        const number = taken++;
        held.set(number, message);
        return { number, message, deliveries: deliveriesOf(message, atOnce) };
      }),
    release(batch: readonly Held[]) {
      for (const { number } of batch) held.delete(number);
    },
    close: () => clearInterval(heartbeat),
  };
}

/** While one batch is written the next one is taken in hand. Ends at the signal, when what is in hand is written; throws where the server fails. */
async function writeInBursts(
  actor: BatchActor,
  hand: ReturnType<typeof createHand>,
  settle: (batch: readonly Held[]) => Promise<void>,
  bus: Bus,
  signal: AbortSignal,
): Promise<boolean> {
  const stream = actor.receives[0]?.stream ?? '';
  const bursts = openBursts(bus, { stream, durable: actor.name, group: GROUP });
  const ask = (batch: number, forMs: number) => bursts.ask(batch, forMs).then(hand.take);
  const close = () => bursts.close();
  signal.addEventListener('abort', close, { once: true });
  let writing = Promise.resolve();
  let wasFull = false;
  try {
    while (!signal.aborted) {
      const batch = await nextBatch(actor, ask, wasFull, signal);
      wasFull = sizeOf(batch) >= actor.maxBatch;
      // Who asks for nothing for a while is no longer pinned, and another replica would write what comes later.
      while (await isUnderWay(writing, actor.leaseMs / 3)) batch.push(...(await ask(1, MOMENT_MS).catch(() => [])));
      // What a dead replica had in hand comes again in any order.
      writing = settle(batch.toSorted((one, other) => one.message.seq - other.message.seq));
    }
    return false;
  } finally {
    await writing;
    signal.removeEventListener('abort', close);
    close();
  }
}

/** A batch is settled as a whole: nothing to gather. */
const atOnce = (work: () => void): void => work();

async function settleBatch(
  actor: BatchActor,
  batch: readonly Held[],
  contractOf: ReturnType<typeof bySubject>,
  deps: RunActorDeps,
  signal: AbortSignal,
): Promise<void> {
  try {
    const good: Good[] = [];
    for (const delivery of batch.flatMap(({ deliveries }) => deliveries)) {
      const parsed = receive(actor, delivery, contractOf);
      if ('received' in parsed) good.push({ delivery, received: parsed.received });
      else await bury(actor, delivery, parsed.failure, 1, deps, signal);
    }
    await handleOrSplit(actor, good, deps, signal);
    for (const { message } of batch) message.ack();
  } catch {
    // Only a stop in the middle of a failure gets here: unacked, the batch goes to the next replica.
  }
}

function receive(
  actor: BatchActor,
  delivery: Delivery,
  contractOf: ReturnType<typeof bySubject>,
): { received: Received } | { failure: Failure } {
  const scheduler = delivery.header(HEADER.scheduler);
  if (isForeignSchedule(actor.name, scheduler)) return { failure: foreign(scheduler ?? '') };
  // One that is given again tells what it was published as.
  const again = delivery.subject.startsWith('retry.') ? delivery.header(HEADER.originalSubject) : undefined;
  const contract = contractOf(again ?? delivery.subject) as MessageContract<unknown> | undefined;
  if (contract === undefined) {
    const problem = `nothing is received here from '${delivery.subject}'`;
    return { failure: { kind: 'unparseable', code: 'MESSAGE_TYPE_UNKNOWN', message: problem, spendsAttempt: true } };
  }
  const parsed = parseBody(contract, delivery);
  if ('failure' in parsed) return parsed;
  return { received: { type: contract.type, body: parsed.body, streamSeq: delivery.seq } };
}

/** The contract a literal subject belongs to: its pattern is the subject, or a prefix that ends in `>`. */
function bySubject(contracts: readonly MessageContract<never>[]): (subject: string) => MessageContract<never> | undefined {
  const exact = new Map(contracts.map((contract) => [contract.pattern, contract]));
  const prefixes = contracts.flatMap((contract) =>
    contract.pattern.endsWith('.>') ? [{ prefix: contract.pattern.slice(0, -1), contract }] : [],
  );
  return (subject) => exact.get(subject) ?? prefixes.find(({ prefix }) => subject.startsWith(prefix))?.contract;
}

/** A delivery that could be read. */
interface Good {
  readonly delivery: Delivery;
  readonly received: Received;
}

async function handleOrSplit(actor: BatchActor, batch: readonly Good[], deps: RunActorDeps, signal: AbortSignal): Promise<void> {
  if (batch.length === 0) return;
  for (let tries = 0, spent = 0; ; tries++) {
    const observed = deps.observer.beginBatch({ actor: actor.name, messages: batch.map(observedMessage) });
    try {
      await actor.handle(
        batch.map(({ received }) => received),
        observed.traceparent,
      );
      observed.end({ outcome: 'ok' });
      return;
    } catch (error) {
      const failure = failureOf(error);
      observed.end({ outcome: 'retry', code: failure.code, message: failure.message });
      deps.onProblem({ problem: `${failure.code}: ${failure.message}`, consumer: actor.name });
      if (signal.aborted) throw error;
      if (failure.spendsAttempt) spent++;
      if (spent >= TRIES_BEFORE_SPLIT) {
        if (batch.length === 1 && batch[0] !== undefined) return bury(actor, batch[0].delivery, failure, spent, deps, signal);
        const half = Math.ceil(batch.length / 2);
        await handleOrSplit(actor, batch.slice(0, half), deps, signal);
        return handleOrSplit(actor, batch.slice(half), deps, signal);
      }
      await pause(jittered(exponentialDelayMs(tries + 1, 200, 5 * SECOND)), signal);
    }
  }
}

function observedMessage({ delivery, received }: Good): ObservedMessage {
  const traceparent = () => delivery.header(HEADER.traceparent);
  return { type: received.type, subject: delivery.subject, body: received.body, traceparent };
}

/** Publishes the dead letter, for as long as it takes: the batch behind it waits rather than losing it. */
async function bury(
  actor: BatchActor,
  delivery: Delivery,
  failure: Failure,
  attempts: number,
  deps: RunActorDeps,
  signal: AbortSignal,
): Promise<void> {
  const now = deps.clock.now();
  const body = deadLetterOf(delivery, actor.name, failure, attempts, now);
  const id = deadLetterId(delivery, actor.name);
  const wrapped = envelope(deadLettered, body, {
    causeId: id,
    source: actor.name,
    traceparent: delivery.header(HEADER.traceparent) ?? '',
    now: rfc3339(now),
  });
  for (let tries = 1; ; tries++) {
    try {
      await deps.transport.publish({ ...wrapped, id });
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      await pause(exponentialDelayMs(tries, 200, 5 * SECOND), signal);
    }
  }
}

/** Long enough for a server to give what it has. */
const MOMENT_MS = 10;
/** Stored messages asked for at once: each may hold many deliveries. */
const CHUNK = 256;

/**
 * Waits for one message, then for the linger unless there is a backlog, then takes what is there: about `maxBatch` deliveries at
 * most. Where the server fails in between, what has come is the batch. Empty where nothing came.
 */
async function nextBatch(
  actor: BatchActor,
  ask: (batch: number, forMs: number) => Promise<Held[]>,
  isBacklog: boolean,
  signal: AbortSignal,
): Promise<Held[]> {
  const batch = await ask(1, actor.leaseMs);
  if (batch.length === 0) return batch;
  try {
    if (!isBacklog) await pause(actor.lingerMs, signal);
    for (;;) {
      const wanted = Math.min(CHUNK, actor.maxBatch - sizeOf(batch));
      if (wanted <= 0) return batch;
      const came = await ask(wanted, MOMENT_MS);
      batch.push(...came);
      if (came.length < wanted) return batch;
    }
  } catch {
    return batch;
  }
}

const sizeOf = (batch: readonly Held[]): number => batch.reduce((sum, { deliveries }) => sum + deliveries.length, 0);

async function isUnderWay(work: Promise<unknown>, forMs: number): Promise<boolean> {
  const over = new AbortController();
  const first = await Promise.race([work.then(() => false), pause(forMs, over.signal).then(() => true)]);
  over.abort();
  return first;
}
