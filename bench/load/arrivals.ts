import { seededRandom } from '@techno/kernel';

/** When requests are to start: milliseconds from the beginning, never falling, until the time is over. */
export type Arrivals = Iterator<number, undefined>;

/** One every 1 / `perSecond`. */
export function* constantArrivals(perSecond: number, seconds: number): Generator<number, undefined> {
  const count = Math.floor(perSecond * seconds);
  for (let number = 0; number < count; number++) yield (number / perSecond) * 1_000;
  return undefined;
}

/**
 * As independent callers come: gaps of an exponential distribution, so that the number within any second varies by its square
 * root. The same seed gives the same arrivals.
 */
export function* poissonArrivals(perSecond: number, seconds: number, seed: number): Generator<number, undefined> {
  const random = seededRandom(seed);
  let at = 0;
  for (;;) {
    at += (-Math.log(1 - random()) / perSecond) * 1_000;
    if (at >= seconds * 1_000) return undefined;
    yield at;
  }
}
