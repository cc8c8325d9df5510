import { createHash } from 'node:crypto';
import { deadLettered, HEADER, type Headers, isForeignSchedule, type MessageContract, retrySubject } from '@techno/contracts';
import { type Clock, errorMessage, pause, rfc3339, SECOND } from '@techno/kernel';
import type { Actor, HandlerContext } from './actor.ts';
import { deadLetterId, deadLetterOf, firstFailureAt } from './dead-letter.ts';
import { carriedHeaders, envelope } from './envelope.ts';
import { exhausted, type Failure, failureOf, foreign, lost, unparseable } from './failure.ts';
import type { ActorObserver, ObservedAttempt } from './observer.ts';
import { maxAttempts, type Settlement, settle } from './settle.ts';
import type { Delivery, Outgoing, Transport } from './transport.ts';

export interface AttemptDeps {
  readonly transport: Transport;
  readonly observer: ActorObserver;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: () => number;
  /** Waits, or less if the signal comes. Default: by the wall clock. */
  readonly pause?: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

/** How long a message rests when even its settlement could not be stored: the bus takes nothing, so nobody can do it sooner. */
const UNSETTLED_WAIT_MS = 2 * SECOND;

/** Messages that a dying process had in hand come back spread over this long, twice as long each time. */
const APART_MS = 2 * SECOND;

/** None of them before this part of it: by then the others are settled, and die no second time with one that came back at once. */
const APART_FROM = 1 / 4;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A body's JSON value. Throws what is wrong with bytes that are no UTF-8 JSON. */
export function jsonOf(data: Uint8Array): unknown {
  return JSON.parse(decoder.decode(data));
}

/** Parses the body with the contract's schema. */
export function parseBody<Body>(
  contract: MessageContract<Body>,
  delivery: Pick<Delivery, 'json'>,
): { body: Body } | { failure: Failure } {
  let json: unknown;
  try {
    json = delivery.json();
  } catch (error) {
    return { failure: unparseable(`not UTF-8 JSON: ${errorMessage(error)}`) };
  }
  const parsed = contract.schema.safeParse(json);
  if (parsed.success) return { body: parsed.data };
  const issue = parsed.error.issues[0];
  return { failure: unparseable(`not a ${contract.type}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim()) };
}

/**
 * One attempt at one message, whole: parse, handle, publish what was emitted, settle. Never throws.
 * Order matters and is the promise: emitted messages are stored before the ack, the dead letter before the term.
 */
export async function attempt<Body>(actor: Actor<Body>, delivery: Delivery, deps: AttemptDeps): Promise<void> {
  const spentBefore = Number(delivery.header(HEADER.attempt) ?? 0) || 0;
  // Only a first delivery is tried, so one attempt was lost at most, however often it was given out since: a process that dies
  // while it sets its messages apart spends nobody's attempts.
  const number = spentBefore + Math.min(delivery.deliveries, 2);
  const observed = deps.observer.begin({
    actor: actor.name,
    type: actor.receives.type,
    subject: delivery.subject,
    traceparent: delivery.header(HEADER.traceparent),
    attempt: number,
    replay: Number(delivery.header(HEADER.replay) ?? 0) || 0,
    messageId: delivery.header(HEADER.eventId),
  });
  const scheduler = delivery.header(HEADER.scheduler);
  const parsed = isForeignSchedule(actor.name, scheduler)
    ? { failure: foreign(scheduler ?? '') }
    : parseBody(actor.receives, delivery);
  const message = 'body' in parsed ? parsed.body : undefined;
  const delays = message === undefined ? [] : delaysOf(actor, message);
  let failure: Failure | undefined = 'failure' in parsed ? parsed.failure : undefined;
  // Checked before the handler runs, so that a message that kills the process does not kill it for ever.
  if (failure === undefined && number > maxAttempts(delays)) failure = exhausted(maxAttempts(delays));
  else if (failure === undefined && delivery.deliveries > 1) {
    await carryOut(actor, message, delivery, observed, setApart(number - 1, deps.random ?? Math.random), deps);
    return;
  }
  if (failure === undefined && message !== undefined) {
    failure = await handleAndPublish(actor, message, delivery, observed, { number, last: number >= maxAttempts(delays) }, deps);
  }
  // Stopping is nobody's failure: the message goes back untouched.
  if (failure !== undefined && deps.signal.aborted && failure.kind !== 'unparseable') {
    delivery.nak(UNSETTLED_WAIT_MS);
    observed.end({ outcome: 'released', code: failure.code });
    return;
  }
  await carryOut(actor, message, delivery, observed, settle(failure, number, delays, deps.random), deps);
}

/** What the policy of the moment says; where asking it fails, the actor's own. */
function delaysOf<Body>(actor: Actor<Body>, message: Body): readonly number[] {
  try {
    return actor.retryDelaysOf?.(message) ?? actor.retryDelaysMs;
  } catch {
    return actor.retryDelaysMs;
  }
}

/**
 * A message that comes again without having been settled was in hand when a process died, and nobody knows whether it was
 * the one that killed it. Coming back on its own, it takes no neighbour along if it does it again.
 */
function setApart(spent: number, random: () => number): Settlement {
  const share = APART_FROM + (1 - APART_FROM) * random();
  return { kind: 'retry', delayMs: Math.round(APART_MS * 2 ** (spent - 1) * share), spent, failure: lost() };
}

async function handleAndPublish<Body>(
  actor: Actor<Body>,
  message: Body,
  delivery: Delivery,
  observed: ObservedAttempt,
  attempt: { number: number; last: boolean },
  deps: AttemptDeps,
): Promise<Failure | undefined> {
  // A third of the lease leaves room for two lost extensions.
  const heartbeat = setInterval(() => delivery.working(), actor.leaseMs / 3);
  try {
    const outbox = createOutbox(actor.name, delivery, observed.traceparent, deps);
    await actor.handle(message, {
      ...outbox.context,
      log: observed.log,
      signal: deps.signal,
      attempt: attempt.number,
      lastAttempt: attempt.last,
      traceparent: observed.traceparent,
    });
    await outbox.flush();
    return undefined;
  } catch (error) {
    return failureOf(error);
  } finally {
    clearInterval(heartbeat);
  }
}

/** Nothing is lost by a settlement that cannot be stored: it is tried again, or the same delivery comes again. */
async function carryOut<Body>(
  actor: Actor<Body>,
  message: Body | undefined,
  delivery: Delivery,
  observed: ObservedAttempt,
  settlement: Settlement,
  deps: AttemptDeps,
): Promise<void> {
  for (let held = false; ; held = true) {
    try {
      await settleAs(settlement, actor, message, delivery, observed, deps);
      return;
    } catch (error) {
      const { code, spendsAttempt } = failureOf(error);
      if (spendsAttempt || deps.signal.aborted) {
        delivery.nak(UNSETTLED_WAIT_MS);
        observed.end({ outcome: 'released', code, message: errorMessage(error) });
        return;
      }
      // Given back, it would come again with one delivery more, and a bus that takes nothing for a while would exhaust attempts
      // in which nothing was tried. In hand it costs a place, so that no more is begun than can be settled.
      if (!held) observed.log.warn({ code, error: errorMessage(error) }, 'actor.held');
      delivery.working();
      await (deps.pause ?? pause)(UNSETTLED_WAIT_MS, deps.signal);
    }
  }
}

async function settleAs<Body>(
  settlement: Settlement,
  actor: Actor<Body>,
  message: Body | undefined,
  delivery: Delivery,
  observed: ObservedAttempt,
  deps: AttemptDeps,
): Promise<void> {
  switch (settlement.kind) {
    case 'ack':
      delivery.ack();
      observed.end({ outcome: 'ok' });
      return;
    case 'retry': {
      const { failure, delayMs, spent } = settlement;
      await deps.transport.schedule(retryOf(actor, delivery, failure, spent, deps.clock.now()), delayMs, delivery.place);
      delivery.ack();
      observed.end({ outcome: 'retry', code: failure.code, message: failure.message });
      return;
    }
    case 'dead-letter': {
      const { failure, attempts } = settlement;
      await buryMessage(actor, message, delivery, observed, failure, attempts, deps);
      delivery.term(failure.code);
      observed.end({ outcome: 'dead_letter', code: failure.code, message: failure.message });
      return;
    }
  }
}

async function buryMessage<Body>(
  actor: Actor<Body>,
  message: Body | undefined,
  delivery: Delivery,
  observed: ObservedAttempt,
  failure: Failure,
  attempts: number,
  deps: AttemptDeps,
): Promise<void> {
  if (message !== undefined && actor.onDeadLetter !== undefined) {
    const outbox = createOutbox(actor.name, delivery, observed.traceparent, deps);
    const context: HandlerContext = {
      ...outbox.context,
      log: observed.log,
      signal: deps.signal,
      attempt: attempts,
      lastAttempt: true,
      traceparent: observed.traceparent,
    };
    await actor.onDeadLetter(message, { code: failure.code, message: failure.message, attempts }, context);
    await outbox.flush();
  }
  const body = deadLetterOf(delivery, actor.name, failure, attempts, deps.clock.now());
  const id = deadLetterId(delivery, actor.name);
  const wrapped = envelope(deadLettered, body, {
    causeId: id,
    source: actor.name,
    traceparent: observed.traceparent,
    now: body.last_failure_at,
    carried: carriedHeaders((name) => (name === HEADER.replyTo ? undefined : delivery.header(name))),
  });
  await deps.transport.publish({ ...wrapped, id });
}

/** The id a message is known by over all its retries. */
function stableId(delivery: Delivery): string {
  return delivery.header(HEADER.eventId) || delivery.header(HEADER.messageId) || `${delivery.stream}.${delivery.seq}`;
}

function retryOf<Body>(actor: Actor<Body>, delivery: Delivery, failure: Failure, spent: number, nowMs: number): Outgoing {
  const headers = delivery.headers();
  return {
    subject: retrySubject(delivery.stream, actor.name),
    stream: delivery.stream,
    // One retry for each stored message: if its ack is lost and it is given out again, the second one is refused by its id.
    id: `${stableId(delivery)}.${actor.name}.retry.${delivery.seq}`,
    headers: {
      ...withoutBusHeaders(headers),
      [HEADER.eventId]: stableId(delivery),
      [HEADER.attempt]: String(spent),
      [HEADER.originalSubject]: headers[HEADER.originalSubject] ?? delivery.subject,
      [HEADER.firstFailure]: firstFailureAt(headers) ?? rfc3339(nowMs),
      'Techno-Last-Error': failure.code,
    },
    data: Buffer.from(delivery.bytes()).toString('utf8'),
  };
}

/** Headers that the server itself reads or writes must not come back on another message. */
function withoutBusHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('Nats-')));
}

function createOutbox(actorName: string, delivery: Delivery, traceparent: string, deps: AttemptDeps) {
  const emitted: Outgoing[] = [];
  const conclusions: Outgoing[] = [];
  let from: Parameters<typeof envelope>[2] | undefined;
  const origin = () =>
    (from ??= {
      causeId: stableId(delivery),
      source: actorName,
      traceparent,
      now: rfc3339(deps.clock.now()),
      carried: carriedHeaders((name) => delivery.header(name)),
    });
  return {
    context: {
      publish: <Body>(contract: MessageContract<Body>, body: Body) => void emitted.push(envelope(contract, body, origin())),
      conclude: <Body>(contract: MessageContract<Body>, body: Body) => {
        const message = envelope(contract, body, origin());
        emitted.push(message);
        conclusions.push(message);
      },
    },
    async flush() {
      // The record is committed by now, so the caller need not wait for the bus to store the news.
      const replyTo = conclusions.length > 0 ? delivery.header(HEADER.replyTo) : undefined;
      if (replyTo) for (const message of conclusions) deps.transport.reply(replyTo, message.headers, message.data);
      if (emitted.length === 1) await deps.transport.publish(emitted[0] as Outgoing);
      else await Promise.all(toldApart(emitted).map((message) => deps.transport.publish(message)));
    },
  };
}

/**
 * Several messages to one subject would share an id, and the bus would keep the first. Their contents tell them apart, so
 * that each has the same id again in whatever order a redelivery emits them.
 */
function toldApart(emitted: readonly Outgoing[]): readonly Outgoing[] {
  const subjects = new Set<string>();
  const shared = new Set(emitted.map(({ subject }) => subject).filter((subject) => subjects.size === subjects.add(subject).size));
  return emitted.map((message) => {
    if (!shared.has(message.subject)) return message;
    const id = `${message.id}.${createHash('sha256').update(message.data).digest('hex').slice(0, 16)}`;
    return { ...message, id, headers: { ...message.headers, [HEADER.eventId]: id } };
  });
}
