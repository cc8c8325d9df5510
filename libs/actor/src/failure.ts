import { errorCode, errorMessage, TemporaryError, TerminalError } from '@techno/kernel';

/** What went wrong in one attempt, reduced to what settlement needs. */
export interface Failure {
  readonly kind: 'terminal' | 'temporary' | 'unknown' | 'unparseable' | 'exhausted';
  readonly code: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** False: the wait costs no attempt. */
  readonly spendsAttempt: boolean;
}

/** Classifies anything thrown by a handler. */
export function failureOf(error: unknown): Failure {
  const stack = error instanceof Error ? error.stack : undefined;
  const base = { code: errorCode(error), message: errorMessage(error), stack };
  if (error instanceof TerminalError) return { ...base, kind: 'terminal', spendsAttempt: true };
  if (error instanceof TemporaryError) {
    return { ...base, kind: 'temporary', retryAfterMs: error.retryAfterMs, spendsAttempt: error.spendsAttempt };
  }
  return { ...base, kind: 'unknown', spendsAttempt: true };
}

export function unparseable(message: string): Failure {
  return { kind: 'unparseable', code: 'MESSAGE_UNPARSEABLE', message, spendsAttempt: true };
}

/** Another actor's schedule put it here; who published that had no right to publish this. */
export function foreign(scheduler: string): Failure {
  const message = `the schedule '${scheduler}' is another actor's`;
  return { kind: 'unparseable', code: 'MESSAGE_FOREIGN', message, spendsAttempt: true };
}

/** Every attempt was spent without an outcome: the process died, or the lease ran out, each time. */
export function exhausted(attempts: number): Failure {
  return {
    kind: 'exhausted',
    code: 'ATTEMPTS_EXHAUSTED',
    message: `all ${attempts} attempts ended without an outcome; the handler was killed or outlived its lease`,
    spendsAttempt: true,
  };
}

/** The attempt before ended without an outcome: the process died, or was told to stop, or the lease ran out. */
export function lost(): Failure {
  return {
    kind: 'temporary',
    code: 'ATTEMPT_LOST',
    message: 'the last attempt ended without an outcome; the process ended or outlived its lease',
    spendsAttempt: true,
  };
}
