import path from 'node:path';
import { errorMessage, SECOND } from '@techno/kernel';
import type { Fault } from './fault.ts';
import { type Ground, makeGround } from './ground/ground.ts';
import type { ChaosOptions } from './options.ts';
import { keepEvidence } from './report/evidence.ts';
import { type FaultResult, runFault } from './run-fault.ts';

/** An accepted action is driven again after this; short, so that a table does not take all day. */
const SWEEP_AFTER_MS = 5 * SECOND;
/** Twice the lease of an attempt, its retries, and what the sweeper waits. */
const ENDS_WITHIN_MS = 90 * SECOND;

export interface ChaosEvents {
  readonly signal: AbortSignal;
  /** Said of the fault under way. */
  readonly progress: (fault: Fault | undefined, text: string) => void;
  readonly done: (result: FaultResult) => void;
}

/**
 * One fault after the other. Those on the same ground share a stack, as on a system that has seen something already; after a
 * broken promise the next one gets a new stack, so that it is not blamed for it.
 */
export async function runChaos(options: ChaosOptions, evidence: string, events: ChaosEvents): Promise<FaultResult[]> {
  const results: FaultResult[] = [];
  let ground: Ground | undefined;
  const close = async () => {
    const closing = ground;
    ground = undefined;
    await closing?.close();
  };
  try {
    for (const fault of options.faults) {
      events.signal.throwIfAborted();
      const kind = fault.ground ?? 'plain';
      if (ground !== undefined && ground.kind !== kind) await close();
      if (ground === undefined) {
        events.progress(undefined, `starting a stack (${kind}, ${options.replicas})`);
        ground = await makeGround(kind, { replicas: options.replicas, sweepAfterMs: SWEEP_AFTER_MS, breaks: options.breaks });
      }
      const result = await runFault(fault, ground, {
        perSecond: options.perSecond,
        seconds: options.seconds,
        endsWithinMs: options.breaks.length > 0 ? ENDS_WITHIN_MS / 3 : ENDS_WITHIN_MS,
        signal: events.signal,
        progress: (text) => events.progress(fault, text),
      });
      await keepEvidence(evidence, result, path.join(ground.launched.home, 'logs'));
      results.push(result);
      events.done(result);
      if (result.broken.length > 0) await close();
    }
    return results;
  } finally {
    await close().catch((error: unknown) => events.progress(undefined, `cleaning up failed: ${errorMessage(error)}`));
  }
}
