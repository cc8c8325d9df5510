export {
  type Actor,
  type ActorFailure,
  type ActorLog,
  type ActorSpec,
  type BatchActor,
  checkActors,
  defineActor,
  type HandlerContext,
  type Received,
} from './actor.ts';
export { attempt, type AttemptDeps, jsonOf, parseBody } from './attempt.ts';
export { deadLetterId, deadLetterOf } from './dead-letter.ts';
export { carriedHeaders, envelope } from './envelope.ts';
export { exhausted, type Failure, failureOf, foreign, unparseable } from './failure.ts';
export {
  createInMemoryBus,
  type Faults,
  type Happening,
  type InMemoryBus,
  type InMemoryBusOptions,
  type StoredMessage,
} from './in-memory-bus.ts';
export { createMailboxes, type Mailboxes } from './mailboxes.ts';
export {
  type ActorObserver,
  type ObservedAttempt,
  type ObservedBatch,
  type ObservedMessage,
  type Outcome,
  silentObserver,
} from './observer.ts';
export { maxAttempts, type Settlement, settle } from './settle.ts';
export type { Delivery, Outgoing, Transport } from './transport.ts';
