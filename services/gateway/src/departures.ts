import { peakWithin } from '@techno/kernel';

/** Accepted requests on their way to the bus, in groups. */
export interface Departures {
  /** Resolves when the group that this request has joined leaves. */
  join(): Promise<void>;
  /** Some that were on the way have ended: those who wait may be all there are. */
  returned(): void;
}

export interface DeparturesOptions {
  /** Callers whose requests were accepted a moment ago and have not ended, those that have joined a group included. */
  readonly onTheWay: () => number;
}

/** Where fewer are on the way at once, nobody waits for company. */
const FEW = 4;

/** In which a caller that was just answered asks again, if it does so at all, in milliseconds. */
const AGAIN_MS = 3;

/** The longest that a group waits for more, in milliseconds. */
const MAX_WAIT_MS = 15;

/** Who comes later than this after the one before is alone, and waits for nobody. */
const ALONE_MS = 20;

/** How long it is remembered how many were on the way at once, and at most twice as long. */
const LATELY_MS = 200;

/**
 * What is published together is decided, executed and recorded together, and a service that is woken for one action at a time
 * spends most of its time on waking up. Callers who wait for an answer ask again when they have it, so all that were on the way
 * at once can leave at once again: a group leaves when it is as many; when nobody else is on the way and those who were just
 * answered have had the time to ask again; and in any case before long. Where few wait at a time nobody waits for company.
 */
export function createDepartures({ onTheWay }: DeparturesOptions): Departures {
  let group: (() => void)[] = [];
  let latest: NodeJS.Timeout | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let looking = false;
  let lastAt = Number.NEGATIVE_INFINITY;
  let alone = false;
  const peak = peakWithin(LATELY_MS);

  function leave(): void {
    clearTimeout(latest);
    clearTimeout(gathering);
    latest = gathering = undefined;
    const leaving = group;
    group = [];
    for (const go of leaving) go();
  }

  function look(): void {
    looking = false;
    if (group.length === 0) return;
    const now = onTheWay();
    const most = peak(now);
    if (alone || most < FEW || group.length >= most) return leave();
    latest ??= setTimeout(leave, MAX_WAIT_MS);
    if (group.length >= now) gathering ??= setTimeout(leave, AGAIN_MS);
  }

  /** At the end of the turn, when all that one commit let go have joined and all that one message told of have ended. */
  function lookSoon(): void {
    if (!looking) setImmediate(look);
    looking = true;
  }

  return {
    join: () =>
      new Promise((resolve) => {
        const now = performance.now();
        alone = now - lastAt >= ALONE_MS;
        lastAt = now;
        group.push(resolve);
        lookSoon();
      }),
    returned() {
      if (group.length > 0) lookSoon();
    },
  };
}
