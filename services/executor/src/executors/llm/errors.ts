import { AISDKError, APICallError } from '@ai-sdk/provider';
import { errorCode, TechnoError, TemporaryError, TerminalError } from '@techno/kernel';
import { abortError } from '../executor.ts';
import { isTemporaryStatus, retryAfterMs } from '../upstream-status.ts';

/**
 * What went wrong with a call, in our words. The client's own errors carry prompt and answer, so they never become a cause:
 * a cause ends in dead letters and logs.
 */
export function llmError(error: unknown, signals: { caller: AbortSignal; timeout: AbortSignal }, nowMs: number): TechnoError {
  if (signals.caller.aborted) return abortError(signals.caller);
  if (signals.timeout.aborted) return new TemporaryError('LLM_TIMEOUT', 'the model did not answer in time');
  const own = ownError(error);
  if (own !== undefined) return own;
  if (!APICallError.isInstance(error) && AISDKError.isInstance(error)) return notACompletion();
  const { statusCode: status, responseHeaders } = APICallError.isInstance(error) ? error : {};
  if (status === undefined)
    return new TemporaryError('LLM_UNAVAILABLE', `the endpoint cannot be reached (${networkCode(error)})`);
  const wait = retryAfterMs(responseHeaders?.['retry-after'], nowMs);
  const waiting = wait === undefined ? undefined : { retryAfterMs: wait };
  if (status === 429) return new TemporaryError('LLM_RATE_LIMITED', 'the endpoint is over its rate for us', waiting);
  if (status === 408) return new TemporaryError('LLM_TIMEOUT', 'the endpoint gave up on the model', waiting);
  if (isTemporaryStatus(status)) return new TemporaryError('LLM_UNAVAILABLE', `the endpoint answered ${status}`, waiting);
  if (status >= 200 && status < 300) return notACompletion();
  return new TerminalError('LLM_REJECTED', `the endpoint refused the request with ${status}`);
}

function notACompletion(): TerminalError {
  return new TerminalError('LLM_OUTPUT_INVALID', 'the endpoint answered something that is no chat completion');
}

/** An error of ours that the client has wrapped. */
function ownError(error: unknown): TechnoError | undefined {
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 8; depth++, cause = cause.cause) {
    if (cause instanceof TechnoError) return cause;
  }
  return undefined;
}

function networkCode(error: unknown): string {
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 8; depth++, cause = cause.cause) {
    const code = errorCode(cause);
    if (code !== 'UNEXPECTED') return code;
  }
  return 'no code';
}
