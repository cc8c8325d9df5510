import { setTimeout as delay } from 'node:timers/promises';

/** What a stand-in does to the next requests instead of answering as it should. */
export interface Behaviour {
  /** Status (HTTP) or reply code (SMTP) to answer with. */
  readonly status?: number;
  /** Seconds, sent as Retry-After. */
  readonly retryAfter?: number;
  /** Wait this long before answering. */
  readonly delayMs?: number;
  /** Called when the request has come; its answer waits for this. Only for who holds the stand-ins in its own process. */
  readonly until?: () => Promise<unknown>;
  /** Cut the connection: before anything is read, or after the message was taken. */
  readonly drop?: 'before' | 'after';
  /** For how many requests; default: until told otherwise. */
  readonly times?: number;
  /** Body of the answer, as JSON. */
  readonly body?: unknown;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whoever answers asks `next` once for each request. */
export interface BehaviourBoard<Name extends string> {
  set(name: Name, behaviour: Behaviour | undefined): void;
  next(name: Name): Behaviour | undefined;
}

/** Waits as long as it was told to. */
export async function hesitate(behaviour: Behaviour | undefined): Promise<void> {
  if (behaviour?.delayMs !== undefined) await delay(behaviour.delayMs);
  await behaviour?.until?.();
}

export function behaviourBoard<Name extends string>(): BehaviourBoard<Name> {
  const board = new Map<Name, { behaviour: Behaviour; left: number }>();
  return {
    set(name, behaviour) {
      if (behaviour === undefined) board.delete(name);
      else board.set(name, { behaviour, left: behaviour.times ?? Number.POSITIVE_INFINITY });
    },
    next(name) {
      const standing = board.get(name);
      if (standing === undefined) return undefined;
      standing.left -= 1;
      if (standing.left <= 0) board.delete(name);
      return standing.behaviour;
    },
  };
}
