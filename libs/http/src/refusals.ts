import type { Exchange } from './exchange.ts';
import { HttpProblem } from './problem.ts';

/** What the server itself answers, before or instead of a handler. */
export function routeNotFound(): HttpProblem {
  return new HttpProblem(404, 'ROUTE_NOT_FOUND', { detail: 'there is nothing at this path' });
}

export function methodNotAllowed(allow: string): HttpProblem {
  return new HttpProblem(405, 'METHOD_NOT_ALLOWED', { detail: `this path takes ${allow}`, headers: { allow } });
}

export function framingInvalid(): HttpProblem {
  return new HttpProblem(400, 'FRAMING_INVALID', { detail: 'the length of the body is declared ambiguously' });
}

export function bodyTimeout(): HttpProblem {
  return new HttpProblem(408, 'BODY_TIMEOUT', { detail: 'the body took too long to come' });
}

export function payloadTooLarge(limitBytes: number): HttpProblem {
  return new HttpProblem(413, 'PAYLOAD_TOO_LARGE', { detail: `a body may have at most ${limitBytes} bytes` });
}

export function internal(): HttpProblem {
  return new HttpProblem(500, 'INTERNAL', { detail: 'the server failed; its log explains it under the trace_id' });
}

export function overloaded(): HttpProblem {
  const detail = 'too many requests are in flight; try again shortly';
  return new HttpProblem(503, 'OVERLOADED', { detail, headers: { 'retry-after': 1 } });
}

export function serverClosing(): HttpProblem {
  return new HttpProblem(503, 'SERVER_CLOSING', { detail: 'the server closes; try again', headers: { 'retry-after': 1 } });
}

export function handlerTimeout(): HttpProblem {
  return new HttpProblem(504, 'HANDLER_TIMEOUT', { detail: 'the request was not done within its time limit' });
}

const MOST_DISCARDED_BYTES = 16 * 1024 * 1024;

/**
 * Whether the connection ends with this refusal. A body that is still to come is discarded where its declared length is moderate,
 * so that a client which sends before it listens gets to read the answer; where it is endless, huge or ambiguous the connection
 * is closed with the answer.
 */
export function mustClose({ phase, receivedHeaders }: Exchange, { status, code }: HttpProblem): boolean {
  if (status === 408 || code === 'FRAMING_INVALID') return true;
  if (phase !== 'reading') return false;
  return receivedHeaders.has('transfer-encoding') || Number(receivedHeaders.get('content-length') ?? 0) > MOST_DISCARDED_BYTES;
}
