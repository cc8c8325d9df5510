import { TemporaryError, TerminalError } from '@techno/kernel';
import type { SafeFetch, SafeFetchOptions, SafeFetchResponse } from './safe-fetch.ts';

/** The port as it behaves in production, over real sockets, except that it may reach this machine. */
export const loopbackFetch: SafeFetch = async (url, options = {}) => {
  const { timeoutMs = 5_000, maxRedirects = 5, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    return await follow(url, options, maxRedirects, either, 0);
  } catch (error) {
    if (error instanceof TerminalError) throw error;
    if (timeout.aborted && signal?.aborted !== true) throw new TemporaryError('UPSTREAM_TIMEOUT', undefined, { cause: error });
    throw new TemporaryError('UPSTREAM_UNREACHABLE', undefined, { cause: error });
  }
};

async function follow(
  url: string,
  options: SafeFetchOptions,
  left: number,
  signal: AbortSignal,
  redirects: number,
): Promise<SafeFetchResponse> {
  const { method = 'GET', headers = {}, body, maxBytes = 1 << 20, idempotencyKey } = options;
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    redirect: 'manual',
    signal,
  });
  const location = response.headers.get('location');
  if (location !== null && response.status >= 300 && response.status < 400 && left > 0) {
    return await follow(new URL(location, url).href, options, left - 1, signal, redirects + 1);
  }
  const bytes = Buffer.from(await response.arrayBuffer());
  if (bytes.length > maxBytes) throw new TerminalError('EGRESS_TOO_LARGE');
  return { status: response.status, headers: Object.fromEntries(response.headers), body: bytes, url, redirects };
}
