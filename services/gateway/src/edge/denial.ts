import type { ActionDenied, RateState, ReasonCode } from '@techno/contracts';
import { type HttpAnswer, PROBLEM_JSON } from './answer.ts';

/** Seconds to wait after a rate denial that does not say how long: the window of a rate. */
const FALLBACK_RETRY_S = 60;

/** The answer to a request that the gates denied. The first reason decides: the first gate to say no is the one that counted. */
export function answerDenial(denied: ActionDenied): HttpAnswer {
  const code = denied.reason_codes[0] ?? 'GATE_ERROR';
  const { status, title } = statusOf(code);
  return {
    status,
    headers: { 'Content-Type': PROBLEM_JSON, ...headersOf(code, denied.rate) },
    body: {
      type: 'about:blank',
      title,
      status,
      detail: denied.message,
      code,
      error: 'GATE_DENIED',
      trace_id: denied.trace_id,
      reason_codes: denied.reason_codes,
      gate: denied.gate,
      message: denied.message,
    },
  };
}

// RFC 9457: with the type about:blank the title is the phrase of the status.
function statusOf(code: ReasonCode): { status: number; title: string } {
  switch (code) {
    case 'AUTHENTICATION_MISSING':
      return { status: 401, title: 'Unauthorized' };
    case 'RATE_LIMIT_EXCEEDED':
    case 'QUOTA_EXCEEDED':
      return { status: 429, title: 'Too Many Requests' };
    case 'PAYLOAD_TOO_LARGE':
      return { status: 413, title: 'Content Too Large' };
    default:
      return { status: 403, title: 'Forbidden' };
  }
}

function headersOf(code: ReasonCode, rate: RateState | undefined): Record<string, string> {
  switch (code) {
    case 'AUTHENTICATION_MISSING':
      // RFC 6750 section 3: the scheme must be followed by at least one parameter.
      return { 'WWW-Authenticate': 'Bearer realm="techno"' };
    case 'RATE_LIMIT_EXCEEDED':
      return rateHeaders('minute', rate);
    case 'QUOTA_EXCEEDED':
      return rateHeaders('day', rate);
    default:
      return {};
  }
}

/** `RateLimit` and `RateLimit-Policy` as of draft-ietf-httpapi-ratelimit-headers-10: lists of a quoted policy name with integer parameters. */
function rateHeaders(policy: string, rate: RateState | undefined): Record<string, string> {
  if (rate === undefined) return { 'Retry-After': String(FALLBACK_RETRY_S) };
  const resetS = Math.max(0, Math.ceil(rate.resetSeconds));
  return {
    // At least 1: a client told to come back after 0 seconds comes back at once, and again.
    'Retry-After': String(Math.max(1, resetS)),
    'RateLimit-Policy': `"${policy}";q=${Math.max(0, Math.floor(rate.limit))};w=${Math.max(1, Math.ceil(rate.windowSeconds))}`,
    RateLimit: `"${policy}";r=${Math.max(0, Math.floor(rate.remaining))};t=${resetS}`,
  };
}
