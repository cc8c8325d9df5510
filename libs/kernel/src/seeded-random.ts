/**
 * Tommy Ettinger's mulberry32, in [0, 1): the same seed gives the same numbers. 32 bits of state fit in one number to print, and
 * are plenty for tests and for gaps between requests; for secrets they are nothing.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
