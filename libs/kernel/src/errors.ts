/**
 * The three failure words of the system. A handler that cannot do its work throws one of them:
 * `TerminalError` (trying again cannot help), `TemporaryError` (it may), or anything else (unknown, treated as temporary).
 * `code` is stable and listed in docs/ERRORS.md; `message` is for people and carries no secrets or personal data.
 */
export class TechnoError extends Error {
  readonly code: string;

  constructor(code: string, message: string = code, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** Trying again cannot help: the message is dead-lettered or the action fails at once. */
export class TerminalError extends TechnoError {}

/** It may work later. `retryAfterMs` (milliseconds) wins over the actor's own delays. */
export class TemporaryError extends TechnoError {
  readonly retryAfterMs: number | undefined;
  /** False where the wait says nothing about the message itself (a breaker is open, the store is away): it costs no attempt. */
  readonly spendsAttempt: boolean;

  constructor(code: string, message?: string, options?: { cause?: unknown; retryAfterMs?: number; spendsAttempt?: boolean }) {
    super(code, message, options);
    this.retryAfterMs = options?.retryAfterMs;
    this.spendsAttempt = options?.spendsAttempt ?? true;
  }
}

/** A process that cannot start says why and what to do, then exits with 1. */
export class StartupError extends TechnoError {
  readonly fix: string;

  constructor(code: string, message: string, fix: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.fix = fix;
  }
}

/** The stable code of anything thrown: its own, Node's (`ECONNREFUSED`), or `UNEXPECTED`. */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') return error.code;
  return 'UNEXPECTED';
}

/** The message of anything thrown, for people. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
