import { clientAddress } from './client-address.ts';
import type { OpenStream } from './event-stream.ts';
import type { RequestContext, Route } from './route.ts';
import type { UwsRequest, UwsResponse } from './uws.ts';

const NO_BYTES = Buffer.alloc(0);

/**
 * One request and its response: what the handler sees, and where it stands.
 *
 * `reading` the body → `handling` → `ended` (answered, cut or gone), or `handling` → `streaming` → `ended`.
 * `response` may be touched in every phase but `ended`. `running` outlives `ended` when the client leaves before the handler is
 * done, and is what the in-flight count waits for.
 *
 * A class, because one is made per request and most of what it offers is asked for by few handlers: getters make it on demand.
 */
export class Exchange implements RequestContext {
  /** Among the requests of this server. */
  readonly number: number;
  readonly response: UwsResponse;
  readonly method: string;
  readonly path: string;
  readonly queryString: string;
  readonly receivedHeaders: ReadonlyMap<string, string>;
  readonly receivedAtMs: number;
  /** On performance.now()'s clock, as is `deadlineMs`. */
  readonly startedMs: number;
  phase: 'reading' | 'handling' | 'streaming' | 'ended' = 'reading';
  running = false;
  deadlineMs = Infinity;
  route: Route | undefined;
  stream: OpenStream | undefined;

  params: unknown;
  query: unknown;
  headers: unknown;
  body: unknown;
  rawBody: Buffer = NO_BYTES;

  readonly #peer: string;
  readonly #trustedProxies: number;
  readonly #newTraceId: (nowMs: number) => string;
  #traceId: string | undefined;
  #controller: AbortController | undefined;
  #aborted: Error | undefined;

  constructor(
    number: number,
    response: UwsResponse,
    request: UwsRequest,
    { trustedProxies, newTraceId }: { trustedProxies: number; newTraceId: (nowMs: number) => string },
  ) {
    // The native request dies with this call and the address with the connection, so both are read now.
    this.number = number;
    this.response = response;
    this.method = request.getMethod().toUpperCase();
    this.path = request.getUrl();
    this.queryString = request.getQuery() ?? '';
    this.receivedHeaders = headersOf(request);
    this.#peer = Buffer.from(response.getRemoteAddressAsText()).toString('latin1');
    this.receivedAtMs = Date.now();
    this.startedMs = performance.now();
    this.#trustedProxies = trustedProxies;
    this.#newTraceId = newTraceId;
  }

  get bytes(): number {
    return this.rawBody.length;
  }

  get header(): (name: string) => string | undefined {
    return (name) => this.receivedHeaders.get(name) ?? this.receivedHeaders.get(name.toLowerCase());
  }

  get address(): string {
    return clientAddress(this.#peer, this.receivedHeaders.get('x-forwarded-for'), this.#trustedProxies);
  }

  get traceId(): string {
    this.#traceId ??= this.#newTraceId(this.receivedAtMs);
    return this.#traceId;
  }

  /** The trace id where somebody has asked for it already. */
  get givenTraceId(): string | undefined {
    return this.#traceId;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get abortReason(): Error | undefined {
    return this.#aborted;
  }

  abort(reason: Error): void {
    this.#aborted ??= reason;
    this.#controller?.abort(this.#aborted);
  }
}

function headersOf(request: UwsRequest): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  request.forEach((name, value) => {
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  });
  return headers;
}
