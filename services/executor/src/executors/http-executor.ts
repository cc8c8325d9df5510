import type { ActionSpec, Effect, Upstream } from '@techno/contracts';
import { type SafeFetch, type SafeFetchOptions, type SafeResponse, UpstreamError } from '@techno/http';
import { type Clock, errorCode, systemClock, TerminalError } from '@techno/kernel';
import type { Breakers } from './breaker.ts';
import {
  abortError,
  EffectUnclearError,
  type Executor,
  type ExecutorCall,
  idempotencyKey,
  seen,
  throwIfAborted,
} from './executor.ts';
import { renderJson, renderPath } from './template.ts';
import { type Secrets, upstreamHeaders } from './upstream-headers.ts';
import { isTemporaryStatus, temporaryStatusError } from './upstream-status.ts';

export interface HttpExecutorDeps {
  readonly fetch: SafeFetch;
  readonly breakers: Breakers;
  readonly secrets: Secrets;
  /** Cap on an answer. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly clock?: Clock;
}

type HttpCall = NonNullable<ActionSpec['http']>;

/**
 * Calls the upstream that the policy declares for the action. Throws TEMPLATE_*, SECRET_MISSING, UPSTREAM_REJECTED,
 * UPSTREAM_NOT_JSON, EGRESS_* (terminal), UPSTREAM_STATUS_*, UPSTREAM_TIMEOUT, UPSTREAM_UNREACHABLE, BREAKER_OPEN
 * (temporary), and EffectUnclearError where an `unkeyed` request may have had its effect.
 */
export function httpExecutor(deps: HttpExecutorDeps): Executor {
  const { fetch, breakers, secrets, maxBytes = 1024 * 1024, clock = systemClock } = deps;
  return {
    name: 'http_executor_v1',
    effect: (spec) => spec.http?.effect ?? 'none',
    async execute(call) {
      throwIfAborted(call.signal);
      const { http, upstream } = declared(call);
      const url = targetUrl(upstream, renderPath(http.path, { payload: call.payload }));
      const options = requestOptions(call, http, upstream, upstreamHeaders(upstream.headers, secrets), maxBytes);

      return await breakers.for(`upstream:${http.upstream}`).run(async () => {
        let response: SafeResponse;
        try {
          response = await seen(call, spanOf(http, url), async (span) => {
            const answered = await fetch(url, options);
            span?.setAttributes({ 'http.response.status_code': answered.status });
            return answered;
          });
        } catch (error) {
          if (http.effect === 'unkeyed' && !wasNeverSent(error)) {
            throw new EffectUnclearError(`${http.upstream} gave no answer (${errorCode(error)})`, { cause: error });
          }
          throw call.signal.aborted ? abortError(call.signal) : error;
        }
        return { result: resultOf(http, response, clock.now()) };
      }, call.signal);
    },
  };
}

/** The path may hold what callers sent, so only its template is told. */
function spanOf({ method, path, upstream }: HttpCall, url: string) {
  return {
    name: `${method} ${path}`,
    attributes: {
      'http.request.method': method,
      'url.template': path,
      'server.address': new URL(url).hostname,
      'techno.upstream': upstream,
    },
  };
}

function declared(call: ExecutorCall): { http: HttpCall; upstream: Upstream } {
  const http = call.spec.http;
  if (http === undefined) throw new TerminalError('EXECUTOR_MISCONFIGURED', `the action '${call.action}' declares no http call`);
  const upstream = Object.hasOwn(call.policy.upstreams, http.upstream) ? call.policy.upstreams[http.upstream] : undefined;
  if (upstream === undefined)
    throw new TerminalError('EXECUTOR_MISCONFIGURED', `the upstream '${http.upstream}' is not declared`);
  return { http, upstream };
}

function targetUrl(upstream: Upstream, path: string): string {
  const base = new URL(upstream.baseUrl);
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    throw new TerminalError(
      'EXECUTOR_MISCONFIGURED',
      'the baseUrl of an upstream is origin and path only; credentials go into its headers',
    );
  }
  const root = base.pathname.replace(/\/+$/, '');
  const target = new URL(base.origin + root + path);
  // The last word on traversal is what the URL parser made of it.
  if (target.origin !== base.origin || !target.pathname.startsWith(`${root}/`)) {
    throw new TerminalError('TEMPLATE_VALUE_INVALID', 'the path leads out of its upstream');
  }
  return target.href;
}

function requestOptions(
  call: ExecutorCall,
  http: HttpCall,
  upstream: Upstream,
  headers: Record<string, string>,
  maxBytes: number,
): SafeFetchOptions {
  const body = http.body === undefined ? undefined : JSON.stringify(renderJson(http.body, { payload: call.payload }));
  return {
    method: http.method,
    headers: {
      accept: 'application/json, text/*;q=0.9',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
    idempotencyKey: idempotencyKey(call),
    timeoutMs: upstream.timeoutMs,
    maxBytes,
    // A redirect turns other methods into a GET, or sends their body somewhere nobody declared.
    maxRedirects: http.method === 'GET' ? 3 : 0,
    signal: call.signal,
  };
}

/** The request itself was refused, by us. */
const NEVER_SENT = new Set(['EGRESS_FORBIDDEN', 'EGRESS_REQUEST_INVALID', 'EGRESS_URL_INVALID']);

/** Whether an error proves that no byte of the request left. In doubt it does not. */
function wasNeverSent(error: unknown): boolean {
  return error instanceof UpstreamError ? !error.requestSent : NEVER_SENT.has(errorCode(error));
}

function resultOf(http: HttpCall, response: SafeResponse, nowMs: number): unknown {
  const { status } = response;
  if (status >= 200 && status < 300) return parsedBody(http.upstream, response);
  if (mayHaveHappened(http.effect, status)) throw new EffectUnclearError(`${http.upstream} answered ${status}`);
  if (isTemporaryStatus(status)) throw temporaryStatusError(http.upstream, status, response.headers['retry-after'], nowMs);
  throw new TerminalError('UPSTREAM_REJECTED', `${http.upstream} answered ${status}`);
}

/** A 5xx may come after the effect, and 301…303 are how some say «done, look there». 4xx, 307 and 308 say that nothing was done. */
function mayHaveHappened(effect: Effect, status: number): boolean {
  return effect === 'unkeyed' && (status >= 500 || (status >= 301 && status <= 303));
}

function parsedBody(upstream: string, response: SafeResponse): unknown {
  if (response.body.length === 0) return null;
  const text = new TextDecoder('utf-8').decode(response.body);
  const mediaType = (response.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType !== 'application/json' && !mediaType.endsWith('+json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new TerminalError('UPSTREAM_NOT_JSON', `${upstream} said JSON and sent something else`);
  }
}
