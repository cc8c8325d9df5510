import { type SafeFetch, type SafeFetchOptions, type SafeResponse, UpstreamError } from '@techno/http';
import { type Clock, errorCode, errorMessage, TemporaryError } from '@techno/kernel';
import { retryAfterMs } from '@techno/resilience';
import { ChannelFailure } from './channel.ts';

const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 256 * 1024;

export interface HttpCall {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
}

/** One request to a provider. Gives any 2xx; throws a ChannelFailure for everything else. `isBadAddress` reads a refusal. */
export async function call(
  { fetch, clock }: HttpCall,
  url: string,
  options: SafeFetchOptions,
  isBadAddress: (response: SafeResponse) => boolean = () => false,
): Promise<SafeResponse> {
  let response: SafeResponse;
  try {
    // A redirect would send the message, and the credentials, somewhere nobody configured.
    response = await fetch(url, { timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES, maxRedirects: 0, ...options });
  } catch (error) {
    throw failureOf(error);
  }
  const { status } = response;
  if (status >= 200 && status < 300) return response;
  throw new ChannelFailure(
    {
      kind: 'status',
      status,
      retryAfterMs: retryAfterMs(response.headers['retry-after'], clock.now()),
      badAddress: status >= 400 && status < 500 && isBadAddress(response),
    },
    `the provider answered ${status}`,
  );
}

function failureOf(error: unknown): ChannelFailure {
  const code = errorCode(error);
  if (error instanceof UpstreamError) {
    return new ChannelFailure({ kind: 'lost', sent: error.requestSent, code }, errorMessage(error), { cause: error });
  }
  if (error instanceof TemporaryError)
    return new ChannelFailure({ kind: 'lost', sent: false, code }, errorMessage(error), { cause: error });
  // A terminal one is from before the request (an address that is forbidden) or from an answer too large to be one.
  if (code === 'EGRESS_TOO_LARGE')
    return new ChannelFailure({ kind: 'lost', sent: true, code }, errorMessage(error), { cause: error });
  return new ChannelFailure({ kind: 'refused', code }, errorMessage(error), { cause: error });
}

/** The answer as an object; empty where it is none. */
export function jsonOf(response: SafeResponse): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(response.body.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
