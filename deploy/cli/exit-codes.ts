/** What the exit code of `techno` says. Documented in `techno --help`. */
export const EXIT = {
  ok: 0,
  /** Refused, failed, or not verified. */
  failed: 1,
  /** The command line itself was wrong. */
  usage: 2,
  /** There is no running stack to talk to. */
  notRunning: 3,
} as const;
