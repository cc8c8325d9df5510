import type { BatchActor, Received } from '@techno/actor';
import {
  actionAllowed,
  actionAnswered,
  actionCompleted,
  actionDenied,
  actionFailed,
  actionRequested,
  type CanonicalEvent,
  deadLetterActed,
  deadLettered,
  jobFinished,
  type MessageContract,
  notificationDelivered,
  notificationFailed,
  stepDecided,
  stepEnded,
} from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import { type AuditTrail, mergePatches } from '@techno/storage';
import { recordOf } from '../record.ts';

export interface RecordDeps {
  readonly trail: AuditTrail;
  /** `newest`: the events of the last message of the batch. */
  readonly onWritten?: (consumer: string, rows: number, newest: readonly CanonicalEvent[]) => void;
}

/** Nobody waits for the record, so it may fill: most actions then arrive whole, and cost one upsert. */
const LINGER_MS = 100;
const MAX_BATCH = 3_000;

function recorder(name: string, receives: readonly MessageContract<never>[], { trail, onWritten }: RecordDeps): BatchActor {
  return {
    name,
    receives,
    maxBatch: MAX_BATCH,
    lingerMs: LINGER_MS,
    leaseMs: 5 * SECOND,
    async handle(batch: readonly Received[], traceparent?: string) {
      const recorded = batch.map(recordOf);
      const entries = recorded.flatMap((one) => one.entries);
      const { written } = await trail.append(entries, mergePatches(recorded.flatMap(({ patches }) => patches)), traceparent);
      onWritten?.(name, written, entries.at(-1)?.events ?? []);
    },
  };
}

/** Writes every action's canonical events to the trail and keeps the read model. */
export const recordActions = (deps: RecordDeps): BatchActor =>
  recorder(
    'record-actions',
    [
      actionRequested,
      actionAllowed,
      actionDenied,
      actionCompleted,
      actionFailed,
      actionAnswered,
      stepDecided,
      stepEnded,
    ] as unknown as MessageContract<never>[],
    deps,
  );

/** The same for how notifications ended, whose stream is their own. */
export const recordNotifications = (deps: RecordDeps): BatchActor =>
  recorder('record-notifications', [notificationDelivered, notificationFailed] as unknown as MessageContract<never>[], deps);

/** The same for runs of jobs and schedules that no action tells of. */
export const recordJobs = (deps: RecordDeps): BatchActor =>
  recorder('record-jobs', [jobFinished] as unknown as MessageContract<never>[], deps);

/** The same for what ends in the dead letters, which live in a stream of their own. */
export const recordDeadLetters = (deps: RecordDeps): BatchActor =>
  recorder('record-dead-letters', [deadLettered, deadLetterActed] as unknown as MessageContract<never>[], deps);
