/**
 * Whether a trace of that W3C id is among the recorded share (0 to 1): OpenTelemetry's TraceIdRatioBased, so that everybody
 * who knows the share decides the same from the id alone.
 */
export function sampledShare(ratio: number): (w3cTraceId: string) => boolean {
  const bound = ratio >= 1 ? 2 ** 32 : Math.floor(Math.max(ratio, 0) * (2 ** 32 - 1));
  return (w3cTraceId) => folded(w3cTraceId) < bound;
}

/** The four words of the id, xored. */
function folded(w3cTraceId: string): number {
  let word = 0;
  for (let at = 0; at < 32; at += 8) word ^= Number.parseInt(w3cTraceId.slice(at, at + 8), 16);
  return word >>> 0;
}
