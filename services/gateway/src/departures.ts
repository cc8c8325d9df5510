/** Accepted requests on their way to the bus, in groups. */
export interface Departures {
  /** Resolves when the group that this request has joined leaves. */
  join(): Promise<void>;
}

export interface DeparturesOptions {
  /** Callers whose requests were accepted a moment ago and have not ended, those that have joined a group included. */
  readonly onTheWay: () => number;
}

/** A group leaves when it is this part of all that are on the way. */
const SHARE = 1 / 2;

/** The longest that a group waits for more, in milliseconds. */
const MAX_WAIT_MS = 10;

/** Who comes later than this after the one before is alone, and waits for nobody. */
const ALONE_MS = 2 * MAX_WAIT_MS;

/**
 * What is published together is decided, executed and recorded together, and a service that is woken for one action at a time
 * spends most of its time on waking up. So a group leaves when it is half of all that are on the way: as many as come in half the
 * time that an action takes, whatever the machine and the load. Where one caller waits at a time nobody waits for company.
 */
export function createDepartures({ onTheWay }: DeparturesOptions): Departures {
  let group: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let lastAt = Number.NEGATIVE_INFINITY;
  let alone = false;

  function leave(): void {
    clearTimeout(timer);
    timer = undefined;
    const leaving = group;
    group = [];
    for (const go of leaving) go();
  }

  function look(): void {
    looking = false;
    if (group.length === 0) return;
    if (alone || group.length >= onTheWay() * SHARE) leave();
    else timer ??= setTimeout(leave, MAX_WAIT_MS);
  }

  return {
    join: () =>
      new Promise((resolve) => {
        const now = performance.now();
        alone = now - lastAt >= ALONE_MS;
        lastAt = now;
        group.push(resolve);
        // At the end of the turn, when all that one commit let go have joined and are waited for.
        if (!looking) setImmediate(look);
        looking = true;
      }),
  };
}
