import type { TemporaryError, TerminalError } from '@techno/kernel';

export interface SafeFetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly maxRedirects?: number;
  readonly signal?: AbortSignal;
  /** Sent as `Idempotency-Key`. */
  readonly idempotencyKey?: string;
}

export interface SafeFetchResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Where the body came from, after redirects. */
  readonly url: string;
  readonly redirects: number;
}

/**
 * HTTP to the outside that cannot reach private addresses. Throws the TerminalErrors EGRESS_FORBIDDEN and EGRESS_TOO_LARGE, the
 * TemporaryErrors UPSTREAM_TIMEOUT and UPSTREAM_UNREACHABLE. Every status is an answer, not an error.
 */
export type SafeFetch = (url: string, options?: SafeFetchOptions) => Promise<SafeFetchResponse>;

export type SafeFetchFailure = TerminalError | TemporaryError;
