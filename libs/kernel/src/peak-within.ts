/** The largest of the values told within the window that runs and the one before it: of the last one to two windows. */
export function peakWithin(windowMs: number): (value: number) => number {
  let before = 0;
  let current = 0;
  let beganAt = performance.now();
  return (value) => {
    const sinceMs = performance.now() - beganAt;
    if (sinceMs >= windowMs) {
      before = sinceMs < 2 * windowMs ? current : 0;
      current = 0;
      beganAt = performance.now();
    }
    current = Math.max(current, value);
    return Math.max(before, current);
  };
}
