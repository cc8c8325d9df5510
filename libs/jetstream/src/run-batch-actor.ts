import { AckPolicy, DeliverPolicy, type JsMsg, ReplayPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import {
  type BatchActor,
  deadLetterId,
  deadLetterOf,
  envelope,
  type Failure,
  failureOf,
  parseBody,
  type Received,
} from '@techno/actor';
import { deadLettered, HEADER, type MessageContract } from '@techno/contracts';
import { exponentialDelayMs, jittered, pause, rfc3339, SECOND, StartupError } from '@techno/kernel';
import { deliveryOf } from './delivery.ts';
import { pull } from './pull.ts';
import type { RunActorDeps } from './run-actor.ts';

/** A batch that fails this often in a row without the store being away is taken apart to find the message at fault. */
const TRIES_BEFORE_SPLIT = 3;

/**
 * Runs a batch actor until the signal. One replica at a time is pinned by the server; the others stand by. Messages stay
 * in order, a batch is acked by its last message, and a failed batch is tried again in place: nothing overtakes it.
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
  const byType = new Map(actor.receives.map((contract) => [contract.type, contract]));
  const batches = createBuffer(actor.maxBatch);

  const worker = (async () => {
    for (;;) {
      const batch = await batches.next(actor.lingerMs, signal);
      if (batch.length === 0) return;
      await settleBatch(actor, batch, byType, deps, signal);
    }
  })();

  await pull(
    deps.bus,
    {
      stream,
      config: {
        durable_name: actor.name,
        ack_policy: AckPolicy.All,
        deliver_policy: DeliverPolicy.All,
        replay_policy: ReplayPolicy.Instant,
        ack_wait: nanos(actor.leaseMs),
        filter_subjects: actor.receives.map((contract) => contract.pattern),
        max_ack_pending: actor.maxBatch * 4,
        priority_policy: 'pinned_client',
        priority_groups: [GROUP],
        priority_timeout: nanos(5 * SECOND),
      },
      prefetch: actor.maxBatch * 2,
      group: GROUP,
      streamReplicas: deps.streamReplicas,
      onProblem: deps.onProblem,
    },
    (message) => batches.add(message),
    signal,
  );
  batches.end();
  await worker;
}

const GROUP = 'writer';

/** A batch is settled by one ack: nothing to gather. */
const atOnce = (work: () => void): void => work();

async function settleBatch(
  actor: BatchActor,
  messages: readonly JsMsg[],
  byType: ReadonlyMap<string, MessageContract<never>>,
  deps: RunActorDeps,
  signal: AbortSignal,
): Promise<void> {
  const last = messages.at(-1);
  if (last === undefined) return;
  const heartbeat = setInterval(() => last.working(), actor.leaseMs / 3);
  try {
    const good: { message: JsMsg; received: Received }[] = [];
    for (const message of messages) {
      const parsed = receive(message, byType);
      if ('received' in parsed) good.push({ message, received: parsed.received });
      else await bury(actor, message, parsed.failure, deps, signal);
    }
    await handleOrSplit(actor, good, deps, signal);
    if (!signal.aborted || good.length === 0) last.ack();
  } catch {
    // Only a stop gets here: unacked, the batch goes to the next replica.
  } finally {
    clearInterval(heartbeat);
  }
}

function receive(
  message: JsMsg,
  byType: ReadonlyMap<string, MessageContract<never>>,
): { received: Received } | { failure: Failure } {
  const headers = deliveryOf(message, atOnce).headers();
  const type = headers[HEADER.eventType] ?? '';
  const contract = byType.get(type) as MessageContract<unknown> | undefined;
  if (contract === undefined)
    return {
      failure: {
        kind: 'unparseable',
        code: 'MESSAGE_TYPE_UNKNOWN',
        message: `ce-type '${type}' is not received here`,
        spendsAttempt: true,
      },
    };
  const parsed = parseBody(contract, message.data);
  if ('failure' in parsed) return parsed;
  return { received: { type, body: parsed.body, headers, streamSeq: message.seq } };
}

async function handleOrSplit(
  actor: BatchActor,
  batch: readonly { message: JsMsg; received: Received }[],
  deps: RunActorDeps,
  signal: AbortSignal,
): Promise<void> {
  if (batch.length === 0) return;
  for (let tries = 0, spent = 0; ; tries++) {
    try {
      await actor.handle(batch.map(({ received }) => received));
      return;
    } catch (error) {
      const failure = failureOf(error);
      deps.onProblem({ problem: `${failure.code}: ${failure.message}`, consumer: actor.name });
      if (signal.aborted) throw error;
      if (failure.spendsAttempt) spent++;
      if (spent >= TRIES_BEFORE_SPLIT) {
        if (batch.length === 1 && batch[0] !== undefined) return bury(actor, batch[0].message, failure, deps, signal);
        const half = Math.ceil(batch.length / 2);
        await handleOrSplit(actor, batch.slice(0, half), deps, signal);
        return handleOrSplit(actor, batch.slice(half), deps, signal);
      }
      await pause(jittered(exponentialDelayMs(tries + 1, 200, 5 * SECOND)), signal);
    }
  }
}

/** Publishes the dead letter, for as long as it takes: the batch behind it waits rather than losing it. */
async function bury(actor: BatchActor, message: JsMsg, failure: Failure, deps: RunActorDeps, signal: AbortSignal): Promise<void> {
  const delivery = deliveryOf(message, atOnce);
  const now = deps.clock.now();
  const body = deadLetterOf(delivery, actor.name, failure, TRIES_BEFORE_SPLIT, now);
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

/** Collects messages into batches: full ones at once, others after the linger. Adding waits while two batches are ready. */
function createBuffer(maxBatch: number) {
  let buffered: JsMsg[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  let roomy: (() => void) | undefined;

  return {
    add(message: JsMsg): Promise<void> | undefined {
      buffered.push(message);
      if (buffered.length === 1 || buffered.length >= maxBatch) wake?.();
      return buffered.length < maxBatch * 2 ? undefined : new Promise((resolve) => (roomy = resolve));
    },
    end() {
      ended = true;
      wake?.();
    },
    /** An empty batch means: ended. */
    async next(lingerMs: number, signal: AbortSignal): Promise<JsMsg[]> {
      while (buffered.length === 0) {
        if (ended) return [];
        await new Promise<void>((resolve) => (wake = resolve));
      }
      if (buffered.length < maxBatch && !ended) {
        await Promise.race([
          pause(lingerMs, signal),
          new Promise<void>((resolve) => (wake = () => (buffered.length >= maxBatch || ended ? resolve() : undefined))),
        ]);
      }
      wake = undefined;
      const batch = buffered.slice(0, maxBatch);
      buffered = buffered.slice(maxBatch);
      roomy?.();
      roomy = undefined;
      return batch;
    },
  };
}
