import { openConnection, requestBytes } from './connection.ts';
import type { Load, LoadResult } from './load.ts';
import { startTally } from './tally.ts';

/** A client that was refused waits this long, so that a broken target is not asked a million times. */
const PAUSE_AFTER_FAULT_MS = 50;

/** Resolves when the time is over and the last answer is in. */
export async function closedLoop(load: Extract<Load, { kind: 'closed' }>): Promise<LoadResult> {
  const request = requestBytes(load.target);
  const endMs = performance.now() + load.seconds * 1_000;
  const tally = startTally(endMs);

  const client = (): Promise<void> =>
    new Promise((resolve) => {
      const connection = openConnection(load.target, request);
      const next = (): void => {
        const sinceMs = performance.now();
        if (sinceMs >= endMs) {
          connection.close();
          resolve();
          return;
        }
        connection.send((fault) => {
          tally.answer(sinceMs, performance.now(), fault);
          if (fault === undefined) next();
          else setTimeout(next, PAUSE_AFTER_FAULT_MS);
        });
      };
      next();
    });

  await Promise.all(Array.from({ length: load.clients }, client));
  return tally.result();
}
