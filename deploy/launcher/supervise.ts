import { setTimeout as delay } from 'node:timers/promises';
import { describeExit, type Guard, launch, type LaunchPlan, ready, type Running } from '@techno/embedded';
import { errorMessage, exponentialDelayMs, SECOND, StartupError } from '@techno/kernel';

/** One process that shall always run. */
export interface Unit {
  readonly id: string;
  /** Prepares the next start; asked again before each one. */
  plan(): Promise<LaunchPlan>;
  /** Where its output goes. */
  readonly output: number;
  readonly backoff: { readonly baseMs: number; readonly capMs: number };
  readonly readyTimeoutMs: number;
  /** Looked at once a second while it runs; what it says is wrong is mended by starting it again. */
  flaw?(): Promise<string | undefined>;
}

export interface Observer {
  started(unit: Unit, plan: LaunchPlan, pid: number): void;
  ended(unit: Unit, pid: number): void;
  /** It will be started again in `delayMs`. */
  failed(unit: Unit, reason: string, delayMs: number): void;
  /** Somebody asked it to end and it did, in good order: that is no failure, and its successor is started. */
  replaced(unit: Unit): void;
  /** Ready again after a failure. */
  recovered(unit: Unit): void;
}

export interface Supervised {
  readonly id: string;
  /** Its first readiness. Rejects with a StartupError when it does not come. */
  readonly ready: Promise<void>;
  /** Ends it for good: its stop signal, and SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Only a run that held this long resets the backoff: one that crashes right after its start must not spin. */
const HELD_MS = 30 * SECOND;
/** Starts before the first readiness; what fails that often at the beginning will not heal by itself. */
const FIRST_TRIES = 3;

/** Starts a unit and starts it again whenever it ends, with growing delays, until it is stopped. */
export function supervise(unit: Unit, options: { guard: Guard; observer: Observer; now?: () => number }): Supervised {
  const { guard, observer, now = () => performance.now() } = options;
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  // Whoever waits for readiness sees the rejection; one that stops before must not end the process.
  first.promise.catch(() => {});
  let running: Running | undefined;
  let graceMs = 0;
  let wasReady = false;

  /** One run from start to end: why it ended, undefined where it was asked to. Throws when it never became ready. */
  const runOnce = async (failures: number): Promise<string | undefined> => {
    const plan = await unit.plan();
    stopping.signal.throwIfAborted();
    const process = await launch(plan, { output: unit.output, guard });
    running = process;
    observer.started(unit, plan, process.pid);
    void process.exited.then(() => observer.ended(unit, process.pid));
    const lost = new AbortController();
    try {
      await ready(plan, process, { timeoutMs: unit.readyTimeoutMs, signal: stopping.signal });
      if (failures > 0) observer.recovered(unit);
      wasReady = true;
      first.resolve();
      const flawed = watch(unit, AbortSignal.any([lost.signal, stopping.signal]));
      const end = await Promise.race([process.exited, flawed]);
      if (typeof end === 'string') return end;
      return end.code === 0 ? undefined : `it ended with ${describeExit(end)}`;
    } finally {
      lost.abort();
      await process.stop(stopping.signal.aborted ? graceMs : 2 * SECOND);
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const began = now();
      let reason: string | undefined;
      let cause: unknown;
      try {
        reason = await runOnce(failures);
      } catch (error) {
        reason = errorMessage(error);
        cause = error;
      }
      if (stopping.signal.aborted) break;
      if (reason === undefined) {
        failures = 0;
        observer.replaced(unit);
        await delay(unit.backoff.baseMs, undefined, { signal: stopping.signal }).catch(() => {});
        continue;
      }
      failures = now() - began >= HELD_MS ? 1 : failures + 1;
      if (!wasReady && (failures >= FIRST_TRIES || isHopeless(cause))) {
        first.reject(cause);
        return;
      }
      const delayMs = exponentialDelayMs(failures, unit.backoff.baseMs, unit.backoff.capMs);
      observer.failed(unit, reason, delayMs);
      await delay(delayMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const done = run().finally(() => first.reject(new StartupError('STOPPED', `${unit.id} was stopped`, 'Start it again.')));

  return {
    id: unit.id,
    ready: first.promise,
    async stop(grace) {
      graceMs = grace;
      stopping.abort();
      await running?.stop(grace);
      await done;
    },
  };
}

/** What no second try changes: a binary that is not there, an account that cannot be made. */
function isHopeless(cause: unknown): boolean {
  return cause instanceof StartupError && cause.code !== 'PROCESS_EXITED';
}

async function watch(unit: Unit, signal: AbortSignal): Promise<string> {
  while (!signal.aborted) {
    await delay(SECOND, undefined, { signal }).catch(() => {});
    const flaw = signal.aborted ? undefined : await unit.flaw?.();
    if (flaw !== undefined) return flaw;
  }
  return new Promise(() => {});
}
