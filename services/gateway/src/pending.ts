import {
  type ActionCompleted,
  actionCompleted,
  type ActionDenied,
  actionDenied,
  type ActionFailed,
  actionFailed,
} from '@techno/contracts';
import { TransientMap } from '@techno/kernel';

/** How an action ended, as it was told to the gateway that waits for it. */
export type Ending =
  | { readonly kind: 'completed'; readonly body: ActionCompleted }
  | { readonly kind: 'denied'; readonly body: ActionDenied }
  | { readonly kind: 'failed'; readonly body: ActionFailed };

/**
 * Callers that wait for a result, by trace id. Lost with the process, which costs a caller its answer and nobody the action:
 * it reads the result later.
 */
export interface Pending {
  /** Resolves with the ending, or with undefined after `waitMs` or when it is released. */
  wait(traceId: string, waitMs: number): Promise<Ending | undefined>;
  /** Lets one waiting caller go on with a 202. */
  release(traceId: string): void;
  /** Takes what came in on the reply subject. An ending nobody waits for is dropped. */
  settle(type: string, body: unknown): void;
  /** Whether this gateway heard the ending within the last seconds: then the record has it in a moment, if not yet. */
  endedLately(traceId: string): boolean;
  /** Lets everybody who waits go on with a 202. */
  releaseAll(): void;
  readonly size: number;
  /** Those of them that began to wait a moment ago: what is on its way now, without what takes long. */
  readonly newcomers: number;
}

const KINDS: Readonly<Record<string, Ending['kind']>> = {
  [actionCompleted.type]: 'completed',
  [actionDenied.type]: 'denied',
  [actionFailed.type]: 'failed',
};

/** A few seconds' worth at the highest rate. */
const REMEMBERED = 20_000;

/** A newcomer is one for this long, and at most for twice as long. */
const MOMENT_MS = 50;

export function createPending(): Pending {
  const waiting = new TransientMap<string, (ending: Ending | undefined) => void>();
  const lately = lastOnes(REMEMBERED);
  let newer = new Set<string>();
  let newest = new Set<string>();
  let turnedAt = performance.now();

  /** Two generations instead of a timer for each. */
  function age(): void {
    const sinceMs = performance.now() - turnedAt;
    if (sinceMs < MOMENT_MS) return;
    newer = sinceMs < 2 * MOMENT_MS ? newest : new Set();
    newest = new Set();
    turnedAt = performance.now();
  }

  return {
    wait: (traceId, waitMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(done, waitMs, undefined);
        waiting.set(traceId, done);
        age();
        newest.add(traceId);
        function done(ending: Ending | undefined) {
          clearTimeout(timer);
          waiting.delete(traceId);
          if (!newest.delete(traceId)) newer.delete(traceId);
          resolve(ending);
        }
      }),
    release: (traceId) => waiting.get(traceId)?.(undefined),
    settle(type, body) {
      const kind = KINDS[type];
      if (kind === undefined) return;
      // Only our own services may publish to this subject, and they parsed what they send.
      const { trace_id: traceId } = body as { trace_id: string };
      lately.add(traceId);
      waiting.get(traceId)?.({ kind, body } as Ending);
    },
    endedLately: (traceId) => lately.has(traceId),
    releaseAll() {
      for (const done of waiting.values()) done(undefined);
    },
    get size() {
      return waiting.size;
    },
    get newcomers() {
      age();
      return newest.size + newer.size;
    },
  };
}

/** The newest `count` of what was added, in two halves: the older one is dropped whole. */
function lastOnes(count: number): { add(id: string): void; has(id: string): boolean } {
  let newer = new Set<string>();
  let older = new Set<string>();
  return {
    add(id) {
      newer.add(id);
      if (newer.size < count / 2) return;
      older = newer;
      newer = new Set();
    },
    has: (id) => newer.has(id) || older.has(id),
  };
}
