import type { ActorLog } from './actor.ts';

export type Outcome = 'ok' | 'retry' | 'dead_letter' | 'released';

/** How an attempt is seen: one span, one log line, one count. Wired by `service`; silent in the pure tests. */
export interface ActorObserver {
  begin(attempt: {
    actor: string;
    type: string;
    subject: string;
    traceparent: string | undefined;
    attempt: number;
    replay: number;
    messageId?: string | undefined;
  }): ObservedAttempt;
  /** One try at a batch that is handled as a whole. */
  beginBatch(batch: { actor: string; messages: readonly ObservedMessage[] }): ObservedBatch;
}

/** One message of a batch. */
export interface ObservedMessage {
  readonly type: string;
  readonly subject: string;
  readonly body: unknown;
  /** Read from the message only when asked for: most traces are not recorded. */
  readonly traceparent: () => string | undefined;
}

export interface ObservedBatch {
  /** Where the batch is seen; empty where none of its traces is recorded. */
  readonly traceparent: string;
  end(result: { outcome: 'ok' | 'retry'; code?: string | undefined; message?: string | undefined }): void;
}

export interface ObservedAttempt {
  readonly log: ActorLog;
  /** For the messages this attempt emits. */
  readonly traceparent: string;
  end(result: { outcome: Outcome; code?: string | undefined; message?: string | undefined }): void;
}

const quiet: ActorLog = { debug() {}, info() {}, warn() {}, error() {} };

export const silentObserver: ActorObserver = {
  begin: ({ traceparent }) => ({
    log: quiet,
    traceparent: traceparent ?? '',
    end() {},
  }),
  beginBatch: () => ({ traceparent: '', end() {} }),
};
