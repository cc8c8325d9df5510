import { errorCode, errorMessage, jittered, exponentialDelayMs, MINUTE, SECOND, TechnoError } from '@techno/kernel';
import type { Logger } from '@techno/telemetry';

/** Something that lives as long as the process: it resolves only when its signal is aborted. */
export interface LongLived {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

const MAX_RESTARTS = 5;
const WITHIN_MS = 1 * MINUTE;

/**
 * One-for-one: what ends before its signal is started again, with a backoff. Five times within a minute is enough to say
 * that it will not work: then this throws SUPERVISOR_GAVE_UP and the process should end, for its own supervisor to judge.
 */
export async function supervise(parts: readonly LongLived[], signal: AbortSignal, log: Logger): Promise<void> {
  await Promise.all(parts.map((part) => keepAlive(part, signal, log)));
}

async function keepAlive(part: LongLived, signal: AbortSignal, log: Logger): Promise<void> {
  const restarts: number[] = [];
  while (!signal.aborted) {
    let cause: unknown;
    try {
      await part.run(signal);
      if (signal.aborted) return;
      cause = new Error('it ended by itself');
    } catch (error) {
      cause = error;
    }
    const now = Date.now();
    restarts.push(now);
    while (restarts[0] !== undefined && restarts[0] < now - WITHIN_MS) restarts.shift();
    log.error(
      { part: part.name, code: errorCode(cause), error: errorMessage(cause), restarts: restarts.length },
      'supervisor.restarting',
    );
    if (restarts.length > MAX_RESTARTS) {
      throw new TechnoError(
        'SUPERVISOR_GAVE_UP',
        `'${part.name}' failed ${restarts.length} times within a minute: ${errorMessage(cause)}`,
        { cause },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, jittered(exponentialDelayMs(restarts.length, 100, 5 * SECOND))));
  }
}
