import type { ActionDenied, RateState, ReasonCode } from '@techno/contracts';
import { type JsonReply, problem } from '@techno/http';

/** Every other reason is a plain 403: who may not, may not, whatever the gate. */
const STATUS: Partial<Record<ReasonCode, number>> = {
  AUTHENTICATION_MISSING: 401,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMIT_EXCEEDED: 429,
  QUOTA_EXCEEDED: 429,
};

/** The names under which the two limits go in the RateLimit headers. */
const RATE_POLICY: Partial<Record<ReasonCode, string>> = { RATE_LIMIT_EXCEEDED: 'minute', QUOTA_EXCEEDED: 'day' };

/** Seconds to wait after a rate denial that does not say how long: the window of a rate. */
const FALLBACK_RETRY_S = 60;

/** The answer to a request that the gates denied. The first reason decides: the first gate to say no is the one that counted. */
export function answerDenial(denied: ActionDenied): JsonReply {
  const code = denied.reason_codes[0] ?? 'GATE_ERROR';
  const policy = RATE_POLICY[code];
  return problem({
    status: STATUS[code] ?? 403,
    code,
    detail: denied.message,
    traceId: denied.trace_id,
    headers: {
      // RFC 6750 section 3: the scheme must be followed by at least one parameter.
      ...(code === 'AUTHENTICATION_MISSING' ? { 'www-authenticate': 'Bearer realm="techno"' } : {}),
      ...(policy === undefined ? {} : rateHeaders(policy, denied.rate)),
    },
    extensions: { error: 'GATE_DENIED', reason_codes: denied.reason_codes, gate: denied.gate, message: denied.message },
  });
}

/** `RateLimit` and `RateLimit-Policy` as of draft-ietf-httpapi-ratelimit-headers-10: lists of a quoted policy name with integer parameters. */
function rateHeaders(policy: string, rate: RateState | undefined): Record<string, string> {
  if (rate === undefined) return { 'retry-after': String(FALLBACK_RETRY_S) };
  const resetS = Math.max(0, Math.ceil(rate.resetSeconds));
  return {
    // At least 1: a client told to come back after 0 seconds comes back at once, and again.
    'retry-after': String(Math.max(1, resetS)),
    'ratelimit-policy': `"${policy}";q=${Math.max(0, Math.floor(rate.limit))};w=${Math.max(1, Math.ceil(rate.windowSeconds))}`,
    ratelimit: `"${policy}";r=${Math.max(0, Math.floor(rate.remaining))};t=${resetS}`,
  };
}
