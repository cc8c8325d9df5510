import { errorMessage, pause, SECOND } from '@techno/kernel';
import type { LongLived } from '@techno/service';
import type { DeadLetterRow, ReplayJob, ReplayJobs } from '@techno/storage';
import { createPacer } from '../pacing.ts';
import type { SendReplays } from '../replayer.ts';

export interface BulkDeps {
  readonly jobs: ReplayJobs;
  readonly send: SendReplays;
  /** Names this process among the drivers. */
  readonly driver: string;
  readonly now: () => number;
  readonly onProblem: (fields: { job: string; problem: string }) => void;
}

/** A driver that is gone is replaced after this. */
const LEASE_MS = 5 * SECOND;
/** How long a cancel may go unnoticed, and the batches a second is cut into. */
const TICK_MS = 200;
const LOOK_MS = 400;
const AT_ONCE = 8;

/** Drives the bulk replays that nobody else drives. */
export function bulkReplays(deps: BulkDeps): LongLived {
  return {
    name: 'bulk-replays',
    async run(signal) {
      const driving = new Set<Promise<void>>();
      while (!signal.aborted) {
        const job = driving.size < AT_ONCE ? await deps.jobs.take(deps.driver, LEASE_MS).catch(() => undefined) : undefined;
        if (job === undefined) {
          await pause(LOOK_MS, signal);
          continue;
        }
        const drive = driveJob(job, deps, signal)
          .catch((error: unknown) => deps.onProblem({ job: job.id, problem: errorMessage(error) }))
          .finally(() => driving.delete(drive));
        driving.add(drive);
      }
      await Promise.all(driving);
    },
  };
}

/**
 * Sends one job's messages, oldest first, at its rate. Each batch is marked in the database before it is published, under
 * ids made of job and message: whoever takes over from a killed driver publishes the same ids again.
 */
async function driveJob(job: ReplayJob, { jobs, send, driver, now }: BulkDeps, signal: AbortSignal): Promise<void> {
  const pacer = createPacer(job.ratePerSecond, now());
  let unsent: readonly DeadLetterRow[] = [];
  try {
    while (!signal.aborted) {
      // What the bus does not take now would come all at once when it is back: until it has this batch there is no other.
      const limit = unsent.length > 0 ? 0 : pacer.take(now());
      const claimed = await jobs.claim(job, { driver, limit, leaseMs: LEASE_MS });
      if (claimed === undefined) return;
      unsent = await send([...unsent, ...claimed]);
      if (limit > 0 && claimed.length === 0 && (await jobs.complete(job, driver))) return;
      await pause(TICK_MS, signal);
    }
  } finally {
    await jobs.release(job.id, driver);
  }
}
