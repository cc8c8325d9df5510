import { TemporaryError } from '@techno/kernel';
import { retryAfterMs } from '@techno/resilience';

export { isTemporaryStatus, retryAfterMs } from '@techno/resilience';

/** TemporaryError `UPSTREAM_STATUS_<status>`, with the wait that `Retry-After` asks for. */
export function temporaryStatusError(
  upstream: string,
  status: number,
  retryAfter: string | undefined,
  nowMs: number,
): TemporaryError {
  const wait = retryAfterMs(retryAfter, nowMs);
  return new TemporaryError(
    `UPSTREAM_STATUS_${status}`,
    `${upstream} answered ${status}`,
    wait === undefined ? undefined : { retryAfterMs: wait },
  );
}
