/** What one rate came to. Latency in microseconds. */
export interface Step {
  readonly perSecond: number;
  /** Good answers a second, while requests came. */
  readonly achieved: number;
  readonly p50: number;
  readonly p99: number;
  readonly faults: number;
  /** Requests that were open at the end of the first third, and at the end. */
  readonly openEarly: number;
  readonly openLate: number;
}

export interface Knee {
  /** The highest rate that was followed. Undefined: not even the first one. */
  readonly perSecond: number | undefined;
  readonly steps: readonly Step[];
  /** Why the next one was not followed. */
  readonly because: string;
}

/** Half again as much each time: six steps to ten times the rate. */
const GROWTH = 1.5;
/** The knee is known to this share of itself. */
const RESOLUTION = 0.1;
const LIMITS = {
  /** Of what was asked for. Poisson arrivals vary by less than this over ten seconds at 100/s. */
  followed: 0.97,
  /** What a caller is promised: the objective of the service level is 99 % within half a second. */
  p99Micros: 500_000,
  faults: 0.001,
} as const;

/** Why a rate was not followed; undefined where it was. */
export function overload({ perSecond, achieved, p99, faults, openEarly, openLate }: Step): string | undefined {
  if (faults > achieved * LIMITS.faults) return `${faults} faults`;
  if (p99 > LIMITS.p99Micros) return `p99 is ${(p99 / 1_000).toFixed(0)} ms`;
  if (achieved < perSecond * LIMITS.followed) return `only ${achieved.toFixed(0)} of ${perSecond} a second were answered`;
  // A queue that still grows at the end will go on growing, however good its latency is by then.
  if (openLate > 2 * openEarly + perSecond * 0.05) return `the queue grows: ${openEarly} open, then ${openLate}`;
  return undefined;
}

/**
 * Raises the rate until it is no longer followed, then halves the gap between the last good one and the first bad one until the
 * knee is known to a tenth. `tryRate` runs one step.
 */
export async function findKnee(
  firstPerSecond: number,
  tryRate: (perSecond: number) => Promise<Step>,
  maxPerSecond = 50_000,
): Promise<Knee> {
  const steps: Step[] = [];
  let good: number | undefined;
  let bad: number | undefined;
  let because = `${maxPerSecond} a second were followed; more was not tried`;
  let rate = firstPerSecond;
  for (;;) {
    const step = await tryRate(rate);
    steps.push(step);
    const reason = overload(step);
    if (reason === undefined) good = rate;
    else {
      bad = rate;
      because = `at ${rate}/s: ${reason}`;
    }
    if (good === undefined || (bad !== undefined && (bad - good) / bad <= RESOLUTION)) break;
    if (bad === undefined && rate >= maxPerSecond) break;
    rate = Math.round(bad === undefined ? Math.min(maxPerSecond, rate * GROWTH) : (good + bad) / 2);
  }
  return { perSecond: good, steps: steps.toSorted((a, b) => a.perSecond - b.perSecond), because };
}
