import { peakWithin, TemporaryError, TerminalError } from '@techno/kernel';
import { type CommitName, type StoreObserver, type WaitingRow } from './observe.ts';

/** Many callers, one round trip: group commit. */
export interface Batcher<Row, Result> {
  /** Resolves when the row's batch is committed. */
  add(row: Row): Promise<Result>;
  /** Rows waiting or under way. */
  readonly pending: number;
}

export interface BatcherOptions<Row, Result> {
  /** Writes the rows in one commit and answers for each, in the same order. */
  readonly flush: (rows: Row[]) => Promise<Result[]>;
  readonly maxRows: number;
  /**
   * How long the first row of a batch may wait for company (ms). 0: until the end of this turn of the event loop. A row that
   * comes later than twice this after the one before is alone, and does not wait; nor does anybody once exactly as
   * many are there, with those under way, as were there at most lately: callers who wait for an answer come back together.
   */
  readonly maxWaitMs: number;
  readonly maxInFlight: number;
  /** Rows with the same key never share a batch: one statement may not touch a row twice. */
  readonly keyOf?: (row: Row) => string;
  /** Shows each row in its own trace. */
  readonly seen?: {
    readonly commit: CommitName;
    readonly observer: StoreObserver | undefined;
    readonly traceOf: (row: Row) => string | undefined;
  };
}

/** How long it is remembered how many rows were there at once, and at most twice as long. */
const LATELY_MS = 200;

interface Waiting<Row, Result> {
  readonly row: Row;
  /** `performance.now()` */
  readonly since: number;
  readonly seen: WaitingRow | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * While `maxInFlight` batches are under way the next one fills: the busier the store, the larger the batches, and an idle
 * store answers at once. A batch that the store refuses for what is in it is written row by row, so that a bad row only
 * fails its own caller.
 */
export function createBatcher<Row, Result>(options: BatcherOptions<Row, Result>): Batcher<Row, Result> {
  const { maxRows, maxWaitMs, maxInFlight, keyOf, seen } = options;
  const observer = seen?.observer;
  let queue: Waiting<Row, Result>[] = [];
  let inFlight = 0;
  let rowsInFlight = 0;
  let scheduled = false;
  let waitingForCompany: NodeJS.Timeout | undefined;
  const peak = peakWithin(LATELY_MS);
  let complete = false;
  let lastAt = Number.NEGATIVE_INFINITY;
  let alone = true;

  function schedule(): void {
    if (waitingForCompany !== undefined && complete) {
      clearTimeout(waitingForCompany);
      waitingForCompany = undefined;
      setImmediate(start);
      return;
    }
    if (scheduled || inFlight >= maxInFlight || queue.length === 0) return;
    scheduled = true;
    // What filled up behind a batch under way has waited already.
    const waitMs = alone || complete || queue.length >= maxRows ? 0 : maxWaitMs - (performance.now() - (queue[0]?.since ?? 0));
    if (waitMs <= 0) setImmediate(start);
    else waitingForCompany = setTimeout(start, waitMs);
  }

  function start(): void {
    scheduled = false;
    waitingForCompany = undefined;
    if (inFlight >= maxInFlight || queue.length === 0) return;
    const batch = takeBatch();
    inFlight++;
    rowsInFlight += batch.length;
    void write(batch).finally(() => {
      inFlight--;
      rowsInFlight -= batch.length;
      schedule();
    });
    schedule();
  }

  function takeBatch(): Waiting<Row, Result>[] {
    if (keyOf === undefined) {
      const batch = queue.slice(0, maxRows);
      queue = queue.slice(maxRows);
      return batch;
    }
    const keys = new Set<string>();
    const batch: Waiting<Row, Result>[] = [];
    const rest: Waiting<Row, Result>[] = [];
    for (const waiting of queue) {
      const key = keyOf(waiting.row);
      if (batch.length < maxRows && !keys.has(key)) {
        keys.add(key);
        batch.push(waiting);
      } else rest.push(waiting);
    }
    queue = rest;
    return batch;
  }

  async function write(batch: Waiting<Row, Result>[]): Promise<void> {
    const ended = committing(batch);
    try {
      const results = await options.flush(batch.map(({ row }) => row));
      ended?.();
      batch.forEach(({ resolve, seen: row }, index) => {
        row?.end();
        resolve(results[index] as Result);
      });
    } catch (error) {
      const stored = storeError(error);
      ended?.(stored.code);
      if (stored instanceof TemporaryError || batch.length === 1) {
        for (const { reject, seen: row } of batch) {
          row?.end(stored.code);
          reject(stored);
        }
      } else for (const waiting of batch) await write([waiting]);
    }
  }

  function committing(batch: readonly Waiting<Row, Result>[]): ((code?: string) => void) | undefined {
    if (observer === undefined || seen === undefined) return undefined;
    const rows = batch.flatMap((waiting) => waiting.seen ?? []);
    return rows.length === 0 ? undefined : observer.committing(seen.commit, batch.length, rows);
  }

  return {
    add: (row) =>
      new Promise((resolve, reject) => {
        const since = performance.now();
        alone = since - lastAt >= 2 * maxWaitMs;
        lastAt = since;
        queue.push({ row, since, resolve, reject, seen: seen && observer?.waiting(seen.commit, seen.traceOf(row)) });
        const there = queue.length + rowsInFlight;
        // More than there were lately says nothing about how many are still to come.
        complete = there === peak(0);
        peak(there);
        schedule();
      }),
    get pending() {
      return queue.length + rowsInFlight;
    },
  };
}

/** SQLSTATE classes that say something about the data rather than about the store. */
const DATA_CLASSES = ['22', '23', '54'];

/** A statement the schema or the grants do not allow: a release half rolled out, perhaps. Worth a few more tries, not endless ones. */
const SCHEMA_CLASS = '42';

/** What the driver threw, as one of the failure words: the data was refused for good, or the store is not there now. */
export function storeError(error: unknown): TemporaryError | TerminalError {
  if (error instanceof TemporaryError || error instanceof TerminalError) return error;
  const state = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  if (/^[0-9A-Z]{5}$/.test(state) && DATA_CLASSES.includes(state.slice(0, 2))) {
    return new TerminalError('STORE_REFUSED', `Postgres refused the data (${state}): ${message}`, { cause: error });
  }
  if (state.startsWith(SCHEMA_CLASS)) {
    return new TemporaryError('STORE_SCHEMA_MISMATCH', `Postgres does not allow the statement (${state}): ${message}`, {
      cause: error,
    });
  }
  return new TemporaryError('STORE_UNAVAILABLE', `Postgres did not answer: ${message}`, { cause: error, spendsAttempt: false });
}
