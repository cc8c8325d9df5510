/** What a commit writes, for whoever looks at it: `INSERT` into `inbox`. */
export interface CommitName {
  readonly operation: 'INSERT' | 'UPDATE' | 'UPSERT';
  readonly table: string;
}

/** How the store is seen from outside: statements timed, commits traced. Wired by `service`; without one nobody looks. */
export interface StoreObserver {
  /** A statement of the hot path has ended, with `code` where it failed. */
  queried(statement: string, seconds: number, code: string | undefined): void;
  /** A row begins to wait for its commit, or `rows` of one trace to be committed. Nothing where the trace is not recorded. */
  waiting(commit: CommitName, traceparent: string | undefined, rows?: number): WaitingRow | undefined;
  /** A commit of `rows` rows goes out with these among them, at least one. Call what it gives when it has ended. */
  committing(commit: CommitName, rows: number, waiting: readonly WaitingRow[]): (code?: string) => void;
}

/** One row's part in a commit that serves many. */
export interface WaitingRow {
  /** For what is seen below it. */
  readonly traceparent: string;
  /** Its commit has ended, with `code` where it failed. */
  end(code?: string): void;
}

/** Runs a commit that is made for one trace alone, so that it is seen there. */
export async function seenCommit<T>(
  observer: StoreObserver | undefined,
  commit: CommitName,
  { rows, traceparent }: { rows: number; traceparent: string | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const waiting = observer?.waiting(commit, traceparent, rows);
  if (waiting === undefined) return work();
  try {
    const result = await work();
    waiting.end();
    return result;
  } catch (error) {
    waiting.end(codeOf(error));
    throw error;
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'UNEXPECTED';
}
