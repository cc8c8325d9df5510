import { TemporaryError } from '@techno/kernel';
import { type BreakerOptions, type Breakers, createBreakers as createSharedBreakers } from '@techno/resilience';
import { EffectUnclearError } from './executor.ts';

export type { Breaker, Breakers, BreakerState } from '@techno/resilience';

/** One breaker per upstream. What an upstream leaves unclear speaks against it as much as what it fails. */
export function createBreakers(options: Omit<BreakerOptions, 'countsAgainst'> = {}): Breakers {
  return createSharedBreakers({
    ...options,
    countsAgainst: (error) => error instanceof TemporaryError || error instanceof EffectUnclearError,
  });
}
