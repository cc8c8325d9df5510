import { lookup } from 'node:dns/promises';
import type { IncomingHttpHeaders } from 'node:http';
import type { SecureContextOptions } from 'node:tls';

import { errorCode, errorMessage, SECOND, TechnoError, TerminalError } from '@techno/kernel';

import { UpstreamError } from './errors.ts';
import { readResponse } from './read-response.ts';
import { type Hop, redirected } from './redirect.ts';
import { requestHop } from './request-hop.ts';
import { type Resolve, parseTarget, resolveTarget } from './target.ts';

export interface SafeFetchConfig {
  /** `host:port` entries that may be private addresses, for development and test stand-ins. */
  readonly allow: readonly string[];
  /** Default: the operating system's. */
  readonly resolve?: Resolve;
  /** Certificate authorities instead of the built-in ones, PEM. */
  readonly ca?: SecureContextOptions['ca'];
}

export interface SafeFetchOptions {
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For everything: resolution, redirects and the body. Default 10 seconds. */
  readonly timeoutMs?: number;
  /** Of the decompressed body. Default 5 MiB. */
  readonly maxBytes?: number;
  /** Default 5. With 0 a redirect is the answer. */
  readonly maxRedirects?: number;
  readonly signal?: AbortSignal;
  /** Sent as Idempotency-Key. */
  readonly idempotencyKey?: string;
}

export interface SafeResponse {
  /** Any: judging it is the caller's. */
  readonly status: number;
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Decompressed. */
  readonly body: Buffer;
  /** The one that answered, after redirects. */
  readonly url: string;
  readonly redirects: number;
}

/**
 * @throws TerminalError EGRESS_URL_INVALID, EGRESS_FORBIDDEN, EGRESS_TOO_LARGE, EGRESS_TOO_MANY_REDIRECTS, EGRESS_REDIRECT_DOWNGRADE,
 *   EGRESS_REQUEST_INVALID
 * @throws UpstreamError UPSTREAM_TIMEOUT, UPSTREAM_UNREACHABLE, UPSTREAM_INVALID_RESPONSE, UPSTREAM_ABORTED (the caller's signal)
 */
export type SafeFetch = (url: string | URL, options?: SafeFetchOptions) => Promise<SafeResponse>;

const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));

/**
 * A client that cannot be talked into reaching what is not on the public internet: not by a literal in any notation, a name, a
 * redirect, or a name that changes between check and use. Every hop is resolved once, every address checked, and only those are
 * connected to.
 */
export function createSafeFetch({ allow, resolve = systemResolve, ca }: SafeFetchConfig): SafeFetch {
  const exempt = new Set(allow);

  return async (text, options = {}) => {
    const { timeoutMs = 10 * SECOND, maxBytes = 5 * 1024 * 1024, maxRedirects = 5 } = options;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
    let hop = firstHop(text, options);
    let requestSent = false;
    try {
      for (let redirects = 0; ; redirects += 1) {
        signal.throwIfAborted();
        const target = await unlessAborted(resolveTarget(hop.url, exempt, resolve), signal);
        const sent = () => {
          requestSent = true;
        };
        const response = await requestHop({ hop, target, signal, sent, ca });
        const status = response.statusCode ?? 0;
        const next = maxRedirects === 0 ? undefined : follow(() => redirected(hop, status, response.headers.location), response);
        if (next === undefined) {
          const body = await readResponse(response, maxBytes).finally(() => response.destroy());
          return { status, headers: joined(response.headers), body, url: hop.url.href, redirects };
        }
        response.destroy();
        if (redirects === maxRedirects) {
          throw new TerminalError('EGRESS_TOO_MANY_REDIRECTS', `more than ${maxRedirects} redirects`);
        }
        hop = next;
      }
    } catch (error) {
      throw explained(error, { host: hop.url.host, timeoutMs, deadline, caller: options.signal, requestSent });
    }
  };
}

function joined(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

function follow<Next>(decide: () => Next, response: { destroy(): void }): Next {
  try {
    return decide();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function firstHop(text: string | URL, { method = 'GET', headers = {}, body, idempotencyKey }: SafeFetchOptions): Hop {
  const lower: Record<string, string> = { 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'techno-os' };
  for (const [name, value] of Object.entries(headers)) lower[name.toLowerCase()] = value;
  // These say where and how the request goes, which is not the caller's to say.
  for (const name of ['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade']) delete lower[name];
  if (idempotencyKey !== undefined) lower['idempotency-key'] = idempotencyKey;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { url: parseTarget(text), method: method.toUpperCase(), headers: lower, body: bytes };
}

/** A lookup cannot be cancelled, but it need not be waited for. */
async function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

interface Circumstances {
  readonly host: string;
  readonly timeoutMs: number;
  readonly deadline: AbortSignal;
  readonly caller: AbortSignal | undefined;
  readonly requestSent: boolean;
}

function explained(cause: unknown, { host, timeoutMs, deadline, caller, requestSent }: Circumstances): TechnoError {
  if (cause instanceof TechnoError) return cause;
  const options = { requestSent, cause };
  if (caller?.aborted) return new UpstreamError('UPSTREAM_ABORTED', `the request to ${host} was given up`, options);
  if (deadline.aborted) return new UpstreamError('UPSTREAM_TIMEOUT', `${host} did not answer within ${timeoutMs} ms`, options);
  const code = errorCode(cause);
  if (/^(?:HPE_|Z_|ERR_STREAM_PREMATURE_CLOSE|ERR__ERROR|ERR_BROTLI|ERR_HTTP_)/.test(code) && requestSent) {
    return new UpstreamError('UPSTREAM_INVALID_RESPONSE', `${host} answered what is not valid HTTP (${code})`, options);
  }
  if (/^ERR_(?:INVALID|HTTP_INVALID|UNESCAPED)/.test(code)) {
    return new TerminalError('EGRESS_REQUEST_INVALID', `the request cannot be sent: ${errorMessage(cause)}`, { cause });
  }
  return new UpstreamError('UPSTREAM_UNREACHABLE', `${host} cannot be reached (${code})`, options);
}
