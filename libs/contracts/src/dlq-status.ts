import { z } from 'zod';

/**
 * What became of a dead letter: `pending → replaying → replayed | pending (failed again)`, `discarded` by an operator or by
 * the gates, `permanent_failure` where the policy's automatic replays are used up. What was discarded is replayed where that is asked
 * for outright.
 */
export const DEAD_LETTER_STATUSES = ['pending', 'replaying', 'replayed', 'discarded', 'permanent_failure'] as const;
export const deadLetterStatus = z.enum(DEAD_LETTER_STATUSES);
export type DeadLetterStatus = z.infer<typeof deadLetterStatus>;

/** Statuses a bulk replay may be asked for. */
export const replayableStatus = deadLetterStatus.extract(['pending', 'permanent_failure', 'discarded']);

export const REPLAY_JOB_STATUSES = ['running', 'paused', 'cancelled', 'completed'] as const;
export const replayJobStatus = z.enum(REPLAY_JOB_STATUSES);
export type ReplayJobStatus = z.infer<typeof replayJobStatus>;

/** How a message failed, in the words of the actor runtime; `unparseable` is what a quarantine is for. */
export const FAILURE_KINDS = ['terminal', 'temporary', 'unknown', 'unparseable', 'exhausted'] as const;
export const failureKind = z.enum(FAILURE_KINDS);
export type FailureKind = z.infer<typeof failureKind>;
