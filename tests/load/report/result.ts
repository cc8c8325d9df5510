import type { Knee } from '../knee.ts';
import type { Run } from '../timeline.ts';
import type { Sample } from '../watch.ts';

export interface LoadResult {
  /** RFC 3339. */
  readonly at: string;
  readonly command: string;
  readonly machine: readonly string[];
  readonly arrivals: 'poisson' | 'constant';
  /** With a knee: the run at the highest rate that was followed. */
  readonly run: Run;
  readonly samples: readonly Sample[];
  readonly knee: Knee | undefined;
}
