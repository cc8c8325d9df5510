/** Values up to this many units are kept exactly; above, with a relative error below 1 / 128. */
const EXACT = 256;
const PER_OCTAVE = 128;
const OCTAVES = 32 - 8;

/** Counts of whole microseconds in buckets that widen with the value, as HdrHistogram does. */
export interface Histogram {
  record(micros: number): void;
  /** The value below or at which `percent` of the values lie, in microseconds. 0 when there are none. */
  percentile(percent: number): number;
  readonly count: number;
  readonly mean: number;
  readonly max: number;
  merge(other: HistogramData): void;
  data(): HistogramData;
}

/** A histogram on its way between processes: pairs of bucket and count. */
export interface HistogramData {
  readonly counts: readonly (readonly [number, number])[];
  readonly sum: number;
  readonly max: number;
}

export function createHistogram(from?: HistogramData): Histogram {
  const counts = new Float64Array(EXACT + OCTAVES * PER_OCTAVE);
  let count = 0;
  let sum = 0;
  let max = 0;

  const merge = (other: HistogramData): void => {
    for (const [bucket, times] of other.counts) {
      counts[bucket] = (counts[bucket] ?? 0) + times;
      count += times;
    }
    sum += other.sum;
    max = Math.max(max, other.max);
  };
  if (from !== undefined) merge(from);

  return {
    record(micros) {
      const value = Math.min(2 ** 31, Math.max(0, Math.round(micros)));
      const bucket = bucketOf(value);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      count += 1;
      sum += value;
      if (value > max) max = value;
    },
    percentile(percent) {
      const rank = Math.max(1, Math.ceil((percent / 100) * count));
      let seen = 0;
      for (let bucket = 0; bucket < counts.length; bucket++) {
        seen += counts[bucket] ?? 0;
        if (seen >= rank) return Math.min(max, highestOf(bucket));
      }
      return 0;
    },
    get count() {
      return count;
    },
    get mean() {
      return count === 0 ? 0 : sum / count;
    },
    get max() {
      return max;
    },
    merge,
    data() {
      const pairs: [number, number][] = [];
      counts.forEach((times, bucket) => {
        if (times > 0) pairs.push([bucket, times]);
      });
      return { counts: pairs, sum, max };
    },
  };
}

function bucketOf(value: number): number {
  if (value < EXACT) return value;
  // 8 bits are exact, so the octave of 256…511 is number 0, in steps of 2.
  const octave = 31 - Math.clz32(value) - 8;
  return EXACT + octave * PER_OCTAVE + (Math.floor(value / 2 ** (octave + 1)) - PER_OCTAVE);
}

/** The largest value that falls into the bucket. */
function highestOf(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const octave = Math.floor((bucket - EXACT) / PER_OCTAVE);
  const step = (bucket - EXACT) % PER_OCTAVE;
  return (PER_OCTAVE + step + 1) * 2 ** (octave + 1) - 1;
}
