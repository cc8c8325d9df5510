/** Wakes one loop. Rung while the loop is at work, it lets its next wait end at once. */
export interface Bell {
  ring(): void;
  /** Resolves when it is rung, or with the signal. */
  rung(signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let ringing = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      ringing = true;
      wake?.();
    },
    rung: (signal) =>
      new Promise((resolve) => {
        function done() {
          signal.removeEventListener('abort', done);
          wake = undefined;
          ringing = false;
          resolve();
        }
        if (ringing || signal.aborted) return done();
        signal.addEventListener('abort', done, { once: true });
        wake = done;
      }),
  };
}
