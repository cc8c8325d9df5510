import { accessSync, chmodSync, constants, mkdtempSync, openSync, readFileSync, statfsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Guard, launch, type LaunchPlan, ready, type Running, startGuard } from '@techno/embedded';

let guard: Guard | undefined;

/** One guard per test process: whatever happens to it, nothing it started stays. */
function testGuard(): Guard {
  guard ??= startGuard();
  return guard;
}

const IN_MEMORY = '/dev/shm';
/** Far more than the servers of one run keep. Containers often have 64 MiB there, and then it is the disk's. */
const ROOM_BYTES = 4 * 1024 ** 3;

/** Where servers keep their data: a database is copied several times as fast where its 300 files are in memory. */
function scratchBase(): string {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ROOM_BYTES ? IN_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** A fresh folder for what a server keeps. */
export function scratchFolder(name: string): { dir: string; remove(): Promise<void> } {
  const dir = mkdtempSync(path.join(scratchBase(), `techno-${name}-`));
  // mkdtemp makes it private, but PostgreSQL runs under another account when the test runs as root.
  chmodSync(dir, 0o711);
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Starts what is planned and waits for it; when it fails, the error shows the end of its log. */
export async function startPlanned(plan: LaunchPlan, dir: string): Promise<Running> {
  const logFile = path.join(dir, `${plan.name}.log`);
  const running = await launch(plan, { output: openSync(logFile, 'a'), guard: testGuard() });
  try {
    await ready(plan, running, { timeoutMs: 60_000 });
    return running;
  } catch (cause) {
    await running.stop(0);
    const tail = readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n');
    throw new Error(`${plan.name} did not start. Its log ends with:\n${tail}`, { cause });
  }
}
