import { TemporaryError } from '@techno/kernel';
import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleWhenResult } from 'cockatiel';
import { LRUCache } from 'lru-cache';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface Breaker {
  /**
   * Runs `fn`, or throws a TemporaryError BREAKER_OPEN that costs no attempt and says when to come back. Where `signal` was
   * aborted the failure says nothing about the upstream and is not counted.
   */
  run<T>(fn: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface Breakers {
  /** The one breaker of that name: `llm`, `upstream:<name>`, `whatsapp:evolution`. */
  for(name: string): Breaker;
  state(name: string): BreakerState;
  /** How many calls it would let through now: all, one as a trial, or none. */
  room(name: string): number;
  /** Told of every change. Returns what ends it. */
  onChange(listener: (name: string, state: BreakerState) => void): () => void;
}

export interface BreakerOptions {
  /** Whether what a call threw speaks against the upstream. A refusal is a sign of life and resets the count. Default: every TemporaryError. */
  readonly countsAgainst?: (error: unknown) => boolean;
  /** Failures in a row that open it. */
  readonly failures?: number;
  /** How long it stays open before one call may try, in milliseconds. */
  readonly halfOpenAfterMs?: number;
  /** Breakers kept; the least recently used is forgotten. Bounds what names that strangers choose can cost. */
  readonly capacity?: number;
}

/** While one call tries a half-open breaker the others come back after this. */
const PROBE_RETRY_MS = 1_000;

type Outcome<T> = { readonly value: T } | { readonly error: unknown; readonly counts: boolean };

/** A breaker nobody asks for any more is forgotten as if it had closed. */
type Kept = Breaker & { state(): BreakerState; room(): number };

/** One breaker per upstream, made when first asked for. */
export function createBreakers(options: BreakerOptions = {}): Breakers {
  const { failures = 5, halfOpenAfterMs = 10_000, capacity = 1_000 } = options;
  const isFailure = options.countsAgainst ?? ((error: unknown) => error instanceof TemporaryError);
  const listeners = new Set<(name: string, state: BreakerState) => void>();
  const tell = (name: string, state: BreakerState) => {
    for (const listener of listeners) listener(name, state);
  };
  const breakers = new LRUCache<string, Kept>({
    max: capacity,
    dispose: (breaker, name) => {
      if (breaker.state() !== 'closed') tell(name, 'closed');
    },
  });

  function create(name: string): Kept {
    // Outcomes are values, not errors: so that a refusal (404) counts as the sign of life it is and resets the count.
    const policy = circuitBreaker(handleWhenResult(countsAgainst), {
      breaker: new ConsecutiveBreaker(failures),
      halfOpenAfter: halfOpenAfterMs,
    });
    let openedAtMs = 0;
    policy.onBreak(() => (openedAtMs = Date.now()));
    policy.onStateChange((state) => tell(name, nameOf(state)));
    const remainingMs = () => openedAtMs + halfOpenAfterMs - Date.now();

    return {
      state: () => nameOf(policy.state),
      room() {
        if (policy.state === CircuitState.Closed) return Number.POSITIVE_INFINITY;
        return policy.state === CircuitState.Open && remainingMs() <= 0 ? 1 : 0;
      },
      async run<T>(fn: () => Promise<T>, signal?: AbortSignal): Promise<T> {
        if (policy.state === CircuitState.HalfOpen) throw opened(name, PROBE_RETRY_MS);
        if (policy.state === CircuitState.Open && remainingMs() > 0) throw opened(name, remainingMs());
        const outcome = await policy.execute(async (): Promise<Outcome<T>> => {
          try {
            return { value: await fn() };
          } catch (error) {
            if (signal?.aborted !== true) return { error, counts: isFailure(error) };
            // An aborted probe proved nothing, so it must not close the breaker; elsewhere an abort leaves the count alone.
            if (policy.state === CircuitState.HalfOpen) return { error, counts: true };
            throw error;
          }
        });
        if ('value' in outcome) return outcome.value;
        throw outcome.error;
      },
    };
  }

  return {
    for(name) {
      let breaker = breakers.get(name);
      if (breaker === undefined) {
        breaker = create(name);
        breakers.set(name, breaker);
      }
      return breaker;
    },
    state: (name) => breakers.peek(name)?.state() ?? 'closed',
    room: (name) => breakers.peek(name)?.room() ?? Number.POSITIVE_INFINITY,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function countsAgainst(outcome: unknown): boolean {
  return (outcome as Outcome<unknown> & { readonly counts?: boolean }).counts === true;
}

function opened(name: string, retryAfterMs: number): TemporaryError {
  return new TemporaryError('BREAKER_OPEN', `the breaker of ${name} is open`, { retryAfterMs, spendsAttempt: false });
}

function nameOf(state: CircuitState): BreakerState {
  switch (state) {
    case CircuitState.Closed:
      return 'closed';
    case CircuitState.HalfOpen:
      return 'half-open';
    case CircuitState.Open:
    case CircuitState.Isolated:
      return 'open';
  }
}
