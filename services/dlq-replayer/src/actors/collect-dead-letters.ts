import type { BatchActor, Received } from '@techno/actor';
import {
  type CanonicalEvent,
  type DeadLetter,
  deadLettered,
  eventsOf,
  type MessageContract,
  type StreamName,
} from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { DeadLetters } from '@techno/storage';
import { failureOf, hasOwnId, place } from '../failures.ts';

export interface CollectDeps {
  readonly deadLetters: DeadLetters;
  /** When a stream was made. */
  readonly created: (stream: StreamName) => Promise<string>;
  readonly onFailedAgain: (actor: string) => void;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
}

/** Stores every dead letter once, and takes back to pending those whose replay failed. */
export const collectDeadLetters = ({ deadLetters, created, onFailedAgain, logEvents }: CollectDeps): BatchActor => ({
  name: 'collect-dead-letters',
  receives: [deadLettered as unknown as MessageContract<never>],
  maxBatch: 500,
  lingerMs: 25,
  leaseMs: 5 * SECOND,
  async handle(batch: readonly Received[], traceparent?: string) {
    const incarnations = new Map<StreamName, string>();
    const letters = batch.map(({ body }) => body as DeadLetter);
    for (const letter of letters) {
      if (!hasOwnId(letter) && !incarnations.has(letter.stream)) incarnations.set(letter.stream, await created(letter.stream));
    }
    const failures = letters.map((letter) => failureOf(letter, incarnations.get(letter.stream) ?? ''));
    const { failedAgain } = await deadLetters.store(failures, place, traceparent);
    for (const actor of failedAgain) onFailedAgain(actor);
    logEvents(letters.flatMap(eventsOf.dead_letter));
  },
});
