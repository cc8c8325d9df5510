import { type Arrivals, constantArrivals } from './arrivals.ts';
import { type Connection, openConnection, requestBytes, type Target } from './connection.ts';
import type { Load, LoadResult } from './load.ts';
import { startTally } from './tally.ts';

/** More requests in flight than this wait in the generator; their waiting counts as latency. */
const MAX_CONNECTIONS = 512;

/** Starts requests at a fixed rate. */
export async function openLoop(load: Extract<Load, { kind: 'open' }>): Promise<LoadResult> {
  const tally = startTally(performance.now() + load.seconds * 1_000);
  await openArrivals(load.target, constantArrivals(load.perSecond, load.seconds), tally);
  return tally.result();
}

export interface OpenLoopObserver {
  /** Times are milliseconds of `performance.now()`; `dueMs` is when it was to be sent. */
  answer(dueMs: number, nowMs: number, fault: string | undefined): void;
  /** A request is due now, whether a connection is free for it or not. */
  due?(dueMs: number): void;
}

/**
 * Starts requests when they are due, whatever the answers do. Latency counts from the time a request was to be sent, so a
 * target that stalls is charged for every request the stall held up (no coordinated omission). Resolves with the last answer.
 */
export async function openArrivals(target: Target, arrivals: Arrivals, observer: OpenLoopObserver): Promise<void> {
  const request = requestBytes(target);
  const startMs = performance.now();
  const idle: Connection[] = [];
  const waiting: number[] = [];
  let connections = 0;
  let inFlight = 0;
  let next = arrivals.next();

  return new Promise((resolve) => {
    const send = (connection: Connection, dueMs: number): void => {
      inFlight += 1;
      connection.send((fault) => {
        observer.answer(dueMs, performance.now(), fault);
        inFlight -= 1;
        const held = waiting.shift();
        if (held === undefined) idle.push(connection);
        else send(connection, held);
      });
    };
    const issue = (dueMs: number): void => {
      observer.due?.(dueMs);
      const connection = idle.pop();
      if (connection !== undefined) return send(connection, dueMs);
      if (connections === MAX_CONNECTIONS) return void waiting.push(dueMs);
      connections += 1;
      send(openConnection(target, request), dueMs);
    };
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startMs;
      for (; next.done !== true && next.value <= elapsedMs; next = arrivals.next()) issue(startMs + next.value);
      if (next.done !== true || inFlight > 0) return;
      clearInterval(timer);
      for (const connection of idle) connection.close();
      resolve();
    }, 1);
  });
}
