import { type Clock, pause, SECOND, TemporaryError } from '@techno/kernel';

const PAUSE_MS = 500;

/**
 * Does what a delivery under way needs of the record, again while the store is away: what is known of a call would be lost with it. Given
 * up when the delivery is no longer held; then the sweeper sees to it.
 */
export async function insist<T>(
  work: () => Promise<T>,
  { heldUntilMs, clock, signal }: { heldUntilMs: number; clock: Clock; signal: AbortSignal },
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TemporaryError) || signal.aborted || clock.now() + 1 * SECOND >= heldUntilMs) throw error;
    }
    await pause(PAUSE_MS, signal);
  }
}
