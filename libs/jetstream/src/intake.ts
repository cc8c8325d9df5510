import { TransientMap } from '@techno/kernel';

/** One message in hand: waiting for a place, or being handled. */
export interface Work {
  run(): Promise<void>;
  /** Extends its lease. */
  working(): void;
}

/** How a pull asks for messages by hand: never more than can begin at once. */
export interface ByHand {
  /** Aborted when handlers turn out to be slow: from then on nothing is fetched ahead. */
  readonly signal: AbortSignal;
  /** Messages that could begin now. */
  room(): number;
  /** Resolves when there is room. */
  roomy(): Promise<void>;
}

/** The places of one actor in one process. */
export interface Intake {
  /** Begins the work, or keeps it until a place is free. What it returns is awaited before the next one: back-pressure. */
  take(work: Work): Promise<void> | undefined;
  readonly byHand: ByHand;
  /** Resolves when nothing is in hand. */
  idle(): Promise<void>;
  close(): void;
}

/** A message that waited in the client's buffer behind handlers no slower than this still has most of its lease. */
const PATIENCE_OF_LEASE = 1 / 8;
const NEWEST_WEIGHT = 0.2;

/**
 * A lease runs from the moment the server gives a message out, also while it waits in a buffer, and a message that outwaits
 * it is given to somebody else: handled twice, its attempts spent by waiting. Quick handlers are fed from a buffer; once they
 * turn out to be slow for their lease, only what can begin at once is asked for. What is in hand keeps its lease either way.
 */
export function createIntake({ places, leaseMs }: { places: number; leaseMs: number }): Intake {
  const patienceMs = leaseMs * PATIENCE_OF_LEASE;
  const slow = new AbortController();
  const inHand = new TransientMap<number, Work>();
  const held: [number, Work][] = [];
  let taken = 0;
  let used = 0;
  let typicalMs = 0;
  let roomy: (() => void) | undefined;
  let idle: (() => void) | undefined;

  const extend = setInterval(() => {
    for (const work of inHand.values()) work.working();
  }, leaseMs / 3);

  function turnSlow(): void {
    slow.abort();
    roomy?.();
  }

  function begin(number: number, work: Work): void {
    used++;
    const begunAt = performance.now();
    void work.run().finally(() => {
      typicalMs += NEWEST_WEIGHT * (performance.now() - begunAt - typicalMs);
      inHand.delete(number);
      used--;
      const next = held.shift();
      if (next !== undefined) begin(...next);
      if (room() > 0) roomy?.();
      if (used === 0) idle?.();
    });
  }

  const room = () => places - used - held.length;
  // One waiter at a time: the pull loop.
  const wait = () => new Promise<void>((resolve) => (roomy = resolve));

  async function takeLater(number: number, work: Work): Promise<void> {
    if (typicalMs > patienceMs) turnSlow();
    if (!slow.signal.aborted) {
      const patience = setTimeout(turnSlow, patienceMs);
      await wait();
      clearTimeout(patience);
    }
    if (room() > 0) begin(number, work);
    else held.push([number, work]);
  }

  return {
    take(work) {
      const number = taken++;
      inHand.set(number, work);
      if (room() > 0) return (begin(number, work), undefined);
      return takeLater(number, work);
    },
    byHand: { signal: slow.signal, room, roomy: () => (room() > 0 ? Promise.resolve() : wait()) },
    idle: () => (inHand.size === 0 ? Promise.resolve() : new Promise((resolve) => (idle = resolve))),
    close() {
      clearInterval(extend);
    },
  };
}
