import { type Clock, rfc3339 } from '@techno/kernel';

/** RFC 3339 of now. Under load many lines share a millisecond, and formatting it is a tenth of writing a line. */
export function createTimestamp(clock: Clock): () => string {
  let lastMs = Number.NaN;
  let text = '';
  return () => {
    const nowMs = clock.now();
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = rfc3339(nowMs);
    }
    return text;
  };
}
