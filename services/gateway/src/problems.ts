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
  POLICY_UNKNOWN: 404,
  POLICY_INVALID: 422,
  POLICY_CONFLICT: 409,
  ROLE_UNKNOWN: 422,
  REQUEST_INVALID: 400,
};

/** What went wrong behind a route, as the caller may know it. */
export function problemOf(error: unknown): HttpProblem | undefined {
  if (error instanceof TemporaryError) {
    const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 2_000) / 1_000));
    return new HttpProblem(503, error.code, {
      detail: UNAVAILABLE[error.code] ?? 'something this needs is away for the moment',
      headers: { 'retry-after': String(seconds) },
      cause: error,
    });
  }
  if (error instanceof TechnoError) {
    const status = STATUS[error.code];
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
};
