import { HttpProblem } from '@techno/http';
import { RequestError } from '@techno/jetstream';
import { TechnoError, TemporaryError } from '@techno/kernel';

/** HTTP statuses of the codes that owners answer with. What is not here is 500 INTERNAL, and logged. */
const STATUS: Readonly<Record<string, number>> = {
  AUTHENTICATION_MISSING: 401,
  AUTHENTICATION_INVALID_KEY: 403,
  AUTHENTICATION_REVOKED: 403,
  AUTHENTICATION_EXPIRED: 403,
  ADDRESS_NOT_ALLOWED: 403,
  PERMISSION_MISSING: 403,
  KEY_UNKNOWN: 404,
  KEY_REVOKED: 409,
  KEY_IS_ROOT: 409,
  POLICY_UNKNOWN: 404,
  POLICY_INVALID: 422,
  POLICY_CONFLICT: 409,
  ROLE_UNKNOWN: 422,
  DEAD_LETTER_UNKNOWN: 404,
  DEAD_LETTER_STATE: 409,
  DEAD_LETTER_NOT_REPLAYABLE: 422,
  REPLAY_JOB_UNKNOWN: 404,
  REPLAY_JOB_STATE: 409,
  REPLAY_JOB_ACTIVE: 409,
  REQUEST_INVALID: 400,
  AGENDA_ITEM_UNKNOWN: 404,
  AGENDA_UID_TAKEN: 409,
  AGENDA_TIME_INVALID: 422,
  AGENDA_ZONE_UNKNOWN: 422,
  AGENDA_CURSOR_INVALID: 400,
  RECURRENCE_INVALID: 422,
  CALENDAR_INVALID: 422,
  CALENDAR_TOO_LARGE: 413,
  ALERTS_INVALID: 400,
  CHANNEL_NOT_CONFIGURED: 409,
  CONTACT_ADDRESS_INVALID: 422,
  CONTACT_UNKNOWN: 422,
  CONTACT_ZONE_INVALID: 422,
  NOTIFICATION_EMPTY: 422,
  NOTIFICATION_TOO_LONG: 422,
  SCHEDULE_INVALID: 422,
  SCHEDULE_STATE: 409,
  SCHEDULE_UNKNOWN: 404,
  BACKFILL_INVALID: 422,
  TEMPLATE_LOCALE_MISSING: 422,
  TEMPLATE_RENDER_FAILED: 422,
  TEMPLATE_SYNTAX: 422,
  TEMPLATE_UNKNOWN: 422,
  TEMPLATE_VARIABLE_MISSING: 422,
};

/** What went wrong behind a route, as the caller may know it. */
export function problemOf(error: unknown): HttpProblem | undefined {
  // What is away for an owner is away for its callers: over the bus only the code of its failure comes back.
  if (error instanceof TemporaryError || (error instanceof RequestError && Object.hasOwn(UNAVAILABLE, error.code))) {
    const retryAfterMs = error instanceof TemporaryError ? error.retryAfterMs : undefined;
    const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 2_000) / 1_000));
    return new HttpProblem(503, error.code, {
      detail: UNAVAILABLE[error.code] ?? 'something this needs is away for the moment',
      headers: { 'retry-after': String(seconds) },
      cause: error,
    });
  }
  if (error instanceof TechnoError) {
    const status = Object.hasOwn(STATUS, error.code) ? STATUS[error.code] : undefined;
    if (status === undefined) return undefined;
    const details = error instanceof RequestError && error.details !== undefined ? { errors: error.details } : {};
    return new HttpProblem(status, error.code, { detail: error.message, extensions: details, cause: error });
  }
  return undefined;
}

const UNAVAILABLE: Readonly<Record<string, string>> = {
  STORE_UNAVAILABLE: 'the database is away; nothing was accepted',
  NATS_UNAVAILABLE: 'the message bus is away',
  SERVICE_UNAVAILABLE: 'the service that knows this did not answer',
  FACTS_STALE: 'keys and policy could not be confirmed for some seconds, so nobody is let in',
};
