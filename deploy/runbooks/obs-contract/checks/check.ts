import type { Exercised } from '../traffic/exercise.ts';
import type { Settings } from '../settings.ts';
import type { World } from '../world/world.ts';

/** What a check is made with. */
export interface Run {
  readonly world: World;
  readonly settings: Settings;
  /** How long what is on its way may take (ms). */
  readonly settleMs: number;
  /** Epoch ms. */
  readonly startedAt: number;
  /** What was sent; there after the check `traffic`. */
  exercised: Exercised | undefined;
  /** When each process was started, as it said first: by its ops URL. */
  readonly starts: Map<string, number>;
  say(line: string): void;
  /** Leaves a file in the folder of evidence. */
  keep(name: string, content: string | object): void;
}

/** One promise. `check` gives what was found to be so, in a few words, or throws what is not. */
export interface Check {
  readonly name: string;
  readonly promise: string;
  check(run: Run): Promise<string>;
}
