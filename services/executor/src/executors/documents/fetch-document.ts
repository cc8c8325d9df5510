import type { SafeFetch, SafeResponse } from '@techno/http';
import { type Clock, SECOND, TerminalError } from '@techno/kernel';
import type { Breakers } from '../breaker.ts';
import { abortError } from '../executor.ts';
import { isTemporaryStatus, temporaryStatusError } from '../upstream-status.ts';

export interface FetchDocumentDeps {
  readonly fetch: SafeFetch;
  readonly breakers: Breakers;
  readonly clock: Clock;
  /** Default 10 MiB. */
  readonly maxBytes?: number;
  /** Default 15 s. */
  readonly timeoutMs?: number;
}

/**
 * GETs a document. Throws the TerminalErrors INPUT_INVALID (not an http(s) URL), DOCUMENT_NOT_FETCHED (4xx), EGRESS_* and the
 * TemporaryErrors UPSTREAM_STATUS_*, UPSTREAM_TIMEOUT, UPSTREAM_UNREACHABLE and BREAKER_OPEN (per host).
 */
export async function fetchDocument(documentUrl: string, deps: FetchDocumentDeps, signal: AbortSignal): Promise<SafeResponse> {
  const url = URL.canParse(documentUrl) ? new URL(documentUrl) : undefined;
  if (
    url === undefined ||
    (url.protocol !== 'http:' && url.protocol !== 'https:') ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw new TerminalError('INPUT_INVALID', 'document_url is not an http(s) URL without credentials');
  }
  return await deps.breakers.for(`document:${url.host}`).run(async () => {
    let response: SafeResponse;
    try {
      response = await deps.fetch(url.href, {
        method: 'GET',
        headers: { accept: 'text/html, application/pdf, text/markdown, text/plain;q=0.9, */*;q=0.1' },
        timeoutMs: deps.timeoutMs ?? 15 * SECOND,
        maxBytes: deps.maxBytes ?? 10 * 1024 * 1024,
        maxRedirects: 5,
        signal,
      });
    } catch (error) {
      throw signal.aborted ? abortError(signal) : error;
    }
    const { status, headers } = response;
    if (status >= 200 && status < 300) return response;
    if (isTemporaryStatus(status))
      throw temporaryStatusError('the host of the document', status, headers['retry-after'], deps.clock.now());
    throw new TerminalError('DOCUMENT_NOT_FETCHED', `the host of the document answered ${status}`);
  }, signal);
}
