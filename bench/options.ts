import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Rounds of bare hops and full system in turn; the middle one of each counts. */
  readonly rounds: number;
  readonly warmUpSeconds: number;
  readonly throughputSeconds: number;
  /** Of the same load before a latency is measured. */
  readonly settlingSeconds: number;
  readonly latencySeconds: number;
  /** The load at half of the maximum is measured in parts: all together are what counts, each says whether one stall made the figure. */
  readonly openLoopParts: number;
  readonly openLoopSeconds: number;
  readonly soak: boolean;
  readonly profile: boolean;
  /** Only the bare and the committed hops. */
  readonly bareOnly: boolean;
  /** Only what metrics, logs and traces cost. */
  readonly overhead: boolean;
  /** Where RESULTS.md goes; nothing: nowhere. */
  readonly write: boolean;
}

export const HELP = `npm run bench [-- options]

Measures POST /v1/process of the whole system beside the bare hops it is made of, on a stack of its own.

  --quick      two minutes; rougher figures
  --soak       five more minutes at half of the maximum: is memory flat?
  --profile    takes a V8 CPU profile of every service under load (bench/profiles/)
  --bare       the bare and the committed hops only
  --overhead   only what metrics, logs and traces cost, in about five minutes: the same system watched and not watched, in turn
  --no-write   leaves bench/RESULTS.md as it is
  --help`;

const FULL = {
  rounds: 5,
  warmUpSeconds: 10,
  throughputSeconds: 8,
  settlingSeconds: 40,
  latencySeconds: 15,
  openLoopParts: 6,
  openLoopSeconds: 10,
};
const QUICK = {
  rounds: 1,
  warmUpSeconds: 5,
  throughputSeconds: 8,
  settlingSeconds: 5,
  latencySeconds: 6,
  openLoopParts: 1,
  openLoopSeconds: 8,
};

/** Nothing when help is what was asked for. Throws what parseArgs throws. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      quick: { type: 'boolean', default: false },
      soak: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      bare: { type: 'boolean', default: false },
      overhead: { type: 'boolean', default: false },
      write: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    ...(values.quick ? QUICK : FULL),
    soak: values.soak,
    profile: values.profile,
    bareOnly: values.bare,
    overhead: values.overhead,
    write: values.write,
  };
}
