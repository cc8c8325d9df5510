import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createHistogram, type Histogram } from '../load/histogram.ts';

/** What every commit waits for, by itself. */
export interface DiskSyncs {
  readonly perSecond: number;
  /** Microseconds from when a write was due until it was synced: who comes during a stall waits for its end. */
  readonly latency: Histogram;
}

const PAGE = 8 * 1024;
const PAGES = 1024;
const PER_SECOND = 500;

/** Writes pages of 8 KiB over those of a file in `folder`, each synced before the next, about as often as the system under load does. */
export async function measureDisk(folder: string, seconds: number, signal: AbortSignal): Promise<DiskSyncs> {
  const file = path.join(folder, 'disk');
  const page = Buffer.alloc(PAGE, 'x');
  const latency = createHistogram();
  const handle = await open(file, 'w');
  try {
    // Over what is there, as in a write-ahead log whose segments are used again.
    await handle.write(Buffer.alloc(PAGE * PAGES, 'x'));
    await handle.sync();
    const beganMs = performance.now();
    for (let n = 0; n < seconds * PER_SECOND; n++) {
      signal.throwIfAborted();
      const dueMs = beganMs + (n * 1_000) / PER_SECOND;
      const early = dueMs - performance.now();
      if (early > 0) await setTimeout(early);
      // A timer is early or late by a millisecond; that is not the disk's.
      const fromMs = early > 0 ? performance.now() : dueMs;
      await handle.write(page, 0, PAGE, (n % PAGES) * PAGE);
      await handle.datasync();
      latency.record(Math.round((performance.now() - fromMs) * 1_000));
    }
  } finally {
    await handle.close();
    await rm(file);
  }
  return { perSecond: PER_SECOND, latency };
}
