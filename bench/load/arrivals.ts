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
  const random = mulberry32(seed);
  let at = 0;
  for (;;) {
    at += (-Math.log(1 - random()) / perSecond) * 1_000;
    if (at >= seconds * 1_000) return undefined;
    yield at;
  }
}

/** Tommy Ettinger's generator of 32 bits, in [0, 1): small, and good enough for gaps between requests. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
