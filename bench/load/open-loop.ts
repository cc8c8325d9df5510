import { type Connection, openConnection, requestBytes } from './connection.ts';
import type { Load, LoadResult } from './load.ts';
import { startTally } from './tally.ts';

/** More requests in flight than this wait in the generator; their waiting counts as latency. */
const MAX_CONNECTIONS = 512;

/**
 * Starts requests at a fixed rate. Latency counts from the time a request was to be sent, so a target that stalls is
 * charged for every request the stall held up (no coordinated omission).
 */
export async function openLoop(load: Extract<Load, { kind: 'open' }>): Promise<LoadResult> {
  const request = requestBytes(load.target);
  const startMs = performance.now();
  const endMs = startMs + load.seconds * 1_000;
  const tally = startTally(endMs);
  const idle: Connection[] = [];
  const waiting: number[] = [];
  let connections = 0;
  let issued = 0;
  let inFlight = 0;

  return new Promise((resolve) => {
    const send = (connection: Connection, intendedMs: number): void => {
      inFlight += 1;
      connection.send((fault) => {
        tally.answer(intendedMs, performance.now(), fault);
        inFlight -= 1;
        const next = waiting.shift();
        if (next === undefined) idle.push(connection);
        else send(connection, next);
      });
    };
    const issue = (intendedMs: number): void => {
      const connection = idle.pop();
      if (connection !== undefined) return send(connection, intendedMs);
      if (connections === MAX_CONNECTIONS) return void waiting.push(intendedMs);
      connections += 1;
      send(openConnection(load.target, request), intendedMs);
    };
    const timer = setInterval(() => {
      const nowMs = performance.now();
      const due = Math.floor(((Math.min(nowMs, endMs) - startMs) / 1_000) * load.perSecond);
      for (; issued < due; issued++) issue(startMs + (issued / load.perSecond) * 1_000);
      if (nowMs < endMs || inFlight > 0) return;
      clearInterval(timer);
      for (const connection of idle) connection.close();
      resolve(tally.result());
    }, 1);
  });
}
