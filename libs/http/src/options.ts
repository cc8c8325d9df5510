import type { HttpProblem } from './problem.ts';
import type { Route, RequestContext } from './route.ts';

/** Labels are static sets: `route` is the route's path template or `unmatched`, `method` a known method or `OTHER`. */
export interface RequestLabels {
  readonly method: string;
  readonly route: string;
}

export interface RequestEnded extends RequestLabels {
  /** 499: the client went before it was answered. */
  readonly status: number;
  /** From the request's head until the answer was written; for a stream, until its head was. */
  readonly durationMs: number;
  /** Where the handler or a problem has asked for it. */
  readonly traceId: string | undefined;
}

/** Called synchronously on the hot path. Must not throw. */
export interface HttpObserver {
  requestStarted?(request: RequestLabels): void;
  requestEnded?(request: RequestEnded): void;
  /** A request was refused because too many are in flight. */
  shed?(request: RequestLabels): void;
  /** A handler threw what is neither an HttpProblem nor made into one: a 500 was answered. */
  onError?(error: unknown, request: RequestLabels & { readonly traceId: string }): void;
}

export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** Requests beyond it are answered 503 OVERLOADED with Retry-After. Default 4096. Streams count once, until their head is out. */
  readonly maxInFlight?: number;
  /** Open event streams beyond it are refused likewise. Default 1000. */
  readonly maxStreams?: number;
  /** Default 30 seconds; then 504 HANDLER_TIMEOUT and the signal is aborted. */
  readonly handlerTimeoutMs?: number;
  /** From the head to the end of the body. Default 8 seconds (µWebSockets cuts silently at 12); then 408. */
  readonly bodyTimeoutMs?: number;
  /** How many proxies append to X-Forwarded-For before a request comes here. Default 0: the header is ignored. */
  readonly trustedProxies?: number;
  readonly observer?: HttpObserver;
  /** Makes an answer of the application's own errors; undefined leaves it at 500 INTERNAL. */
  readonly problemOf?: (error: unknown) => HttpProblem | undefined;
  /**
   * Asked before a malformed request to a route with `security: 'credential'` is told what was wrong with it: throws the
   * HttpProblem for a caller who may not even ask. Handlers look for themselves.
   */
  readonly guard?: (context: RequestContext) => void;
  readonly newTraceId?: (nowMs: number) => string;
}
