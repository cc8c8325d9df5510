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
  }): ObservedAttempt;
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
};
