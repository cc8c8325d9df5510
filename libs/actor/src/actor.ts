import { type MessageContract, type ServiceName, SERVICES } from '@techno/contracts';
import { MINUTE, SECOND, StartupError } from '@techno/kernel';

/** What a handler may use. It returns or throws; it never settles the message itself. */
export interface HandlerContext {
  /** Collected, and published when the handler has returned. A redelivery publishes under the same ids. */
  publish<Body>(contract: MessageContract<Body>, body: Body): void;
  /** Publishes, and tells the gateway that waits for the result. The telling is best effort: the record is what counts. */
  conclude<Body>(contract: MessageContract<Body>, body: Body): void;
  readonly log: ActorLog;
  /** Aborted when the process must stop: what is unfinished will be delivered again. */
  readonly signal: AbortSignal;
  /** From 1; counts attempts of this message, over retries and crashes. */
  readonly attempt: number;
  readonly lastAttempt: boolean;
  /** W3C traceparent of this attempt. */
  readonly traceparent: string;
}

export interface ActorLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ActorFailure {
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
}

/** One message at a time, many at once. */
export interface Actor<Body = unknown> {
  /** The durable consumer. Unique in the system. */
  readonly name: string;
  readonly receives: MessageContract<Body>;
  /** Handlers at once in one process. */
  readonly concurrency: number;
  /** Messages with the same key are handled one at a time, in order. */
  readonly keyedBy?: ((message: Body) => string) | undefined;
  /** How long one attempt may be silent before another replica takes over; extended while the handler runs. */
  readonly leaseMs: number;
  readonly retryDelaysMs: readonly number[];
  /** Delays of this very message, where they differ from the actor's. At most as many. */
  readonly retryDelaysOf?: ((message: Body) => readonly number[]) | undefined;
  /** While it gives a time (epoch ms) in the future, nothing is taken in: waiting costs no attempts. */
  readonly pausedUntil?: (() => number | undefined) | undefined;
  handle(message: Body, context: HandlerContext): Promise<void>;
  /** Closes what was begun, before the message goes to the dead letters. What it throws sends the message back for another try. */
  readonly onDeadLetter?: ((message: Body, failure: ActorFailure, context: HandlerContext) => Promise<void>) | undefined;
}

type Defaulted = 'concurrency' | 'leaseMs' | 'retryDelaysMs';
export type ActorSpec<Body> = Omit<Actor<Body>, Defaulted> & Partial<Pick<Actor<Body>, Defaulted>>;

const NAME = /^[a-z][a-z0-9_-]{0,62}$/;

/** Completes the defaults and refuses what could not work, at boot rather than at the first message. */
export function defineActor<Body>(spec: ActorSpec<Body>): Actor<Body> {
  const actor: Actor<Body> = {
    concurrency: 64,
    leaseMs: 30 * SECOND,
    retryDelaysMs: [1 * SECOND, 5 * SECOND, 15 * SECOND, 1 * MINUTE],
    ...spec,
  };
  if (!NAME.test(actor.name)) {
    throw new StartupError('ACTOR_NAME_INVALID', `'${actor.name}' cannot name a durable`, `Use a name that matches ${NAME}.`);
  }
  if (actor.concurrency < 1 || actor.leaseMs < 1 * SECOND) {
    throw new StartupError(
      'ACTOR_POLICY_INVALID',
      `actor '${actor.name}' has concurrency ${actor.concurrency}, leaseMs ${actor.leaseMs}`,
      'concurrency ≥ 1, leaseMs ≥ 1000.',
    );
  }
  return actor;
}

/** One parsed message of a batch. */
export interface Received {
  readonly type: string;
  readonly body: unknown;
  readonly streamSeq: number;
}

/**
 * Many messages at once, in stream order, one replica at a time: for a writer whose order matters and whose cost is per batch.
 * The batch is acked as a whole; a handler that throws sees the same messages again.
 */
export interface BatchActor {
  readonly name: string;
  readonly receives: readonly MessageContract<never>[];
  readonly maxBatch: number;
  /** How long to wait for a batch to fill. */
  readonly lingerMs: number;
  readonly leaseMs: number;
  /** `traceparent`: where the batch is seen; empty where none of its traces is recorded. */
  handle(batch: readonly Received[], traceparent?: string): Promise<void>;
}

/** Refuses a topology in which two actors would share a durable. */
export function checkActors(service: ServiceName, actors: readonly { name: string }[]): void {
  if (!SERVICES.includes(service))
    throw new StartupError('SERVICE_UNKNOWN', `'${service}' is no service`, `One of ${SERVICES.join(', ')}.`);
  const seen = new Set<string>();
  for (const { name } of actors) {
    if (seen.has(name))
      throw new StartupError('DURABLE_DUPLICATE', `two actors of ${service} are named '${name}'`, 'Give each its own name.');
    seen.add(name);
  }
}
