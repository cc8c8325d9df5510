import type { Clock } from '@techno/kernel';
import type { Rates } from '@techno/storage';
import type { RateFact } from './gates/facts.ts';

/**
 * Counts requests of a key over all replicas. Tokens are leased from the shared window in small lots, so that a busy key
 * costs a round trip per lot and not per request. A lot is 0.5 % of the limit: ten replicas that each leave one unused
 * withhold at most 5 %; more than the limit is never let through.
 */
export interface Limiter {
  take(key: string, limit: number, windowMs: number): Promise<RateFact>;
  /** Forgets windows that have ended. */
  purge(): void;
}

const LOT = 1 / 200;
const MAX_LOT = 5_000;

interface Window {
  tokens: number;
  /** Left for everybody when last asked. */
  remaining: number;
  endsAt: number;
  waiting: number;
  leasing: Promise<void> | undefined;
}

export function createLimiter({ rates, clock }: { rates: Pick<Rates, 'lease'>; clock: Clock }): Limiter {
  const windows = new Map<string, Window>();

  async function lease(window: Window, key: string, limit: number, windowMs: number): Promise<void> {
    const lot = Math.min(MAX_LOT, Math.ceil(limit * LOT));
    const want = Math.min(limit, Math.max(lot, window.waiting));
    const { granted, remaining, resetMs } = await rates.lease({ key, limit, windowMs, want });
    window.tokens = granted;
    window.remaining = remaining;
    window.endsAt = clock.now() + resetMs;
  }

  const fact = (window: Window, limit: number, windowMs: number, state: 'ok' | 'exceeded'): RateFact => ({
    state,
    rate: {
      limit,
      remaining: state === 'ok' ? window.remaining + window.tokens : 0,
      resetSeconds: Math.max(1, Math.ceil((window.endsAt - clock.now()) / 1_000)),
      windowSeconds: Math.round(windowMs / 1_000),
    },
  });

  return {
    async take(name, limit, windowMs) {
      // A changed limit starts a window of its own.
      const key = `${name}:${windowMs}:${limit}`;
      let window = windows.get(key);
      if (window === undefined) {
        window = { tokens: 0, remaining: limit, endsAt: 0, waiting: 0, leasing: undefined };
        windows.set(key, window);
      }
      for (;;) {
        if (clock.now() < window.endsAt) {
          if (window.tokens > 0) {
            window.tokens--;
            return fact(window, limit, windowMs, 'ok');
          }
          if (window.remaining === 0) return fact(window, limit, windowMs, 'exceeded');
        }
        const current = window;
        current.waiting++;
        try {
          await (current.leasing ??= lease(current, key, limit, windowMs).finally(() => (current.leasing = undefined)));
        } finally {
          current.waiting--;
        }
      }
    },
    purge() {
      const now = clock.now();
      for (const [key, window] of windows) if (window.endsAt < now && window.waiting === 0) windows.delete(key);
    },
  };
}
