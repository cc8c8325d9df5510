import { readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';
import { SECOND, StartupError } from '@techno/kernel';
import { startTimeOf } from './process-identity.ts';
import { until } from './until.ts';

export interface Postmaster {
  readonly pid: number;
  /** `starting`, `ready`, `stopping`, …: the eighth line, which is what pg_ctl waits for too. */
  readonly status: string;
}

/** What postmaster.pid says; undefined when there is none, or a half-written one. */
export async function readPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const text = await readFile(path.join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : undefined;
}

/**
 * Makes the data directory free to start on. A server left behind on it is stopped. A postmaster.pid whose process is
 * gone, or is now some other program (pids repeat after a restart of a container), is removed: PostgreSQL only checks
 * that the number is in use, and would refuse to start.
 * @throws StartupError POSTGRES_STILL_RUNNING
 */
export async function clearPostmaster(dataDir: string): Promise<void> {
  const left = await readPostmaster(dataDir);
  if (left === undefined) return;
  if (await isPostgres(left.pid)) {
    process.kill(left.pid, 'SIGINT');
    await until(() => startTimeOf(left.pid) === undefined, { timeoutMs: 10 * SECOND }).catch((cause: unknown) => {
      throw new StartupError(
        'POSTGRES_STILL_RUNNING',
        `A PostgreSQL server (pid ${left.pid}) still runs on ${dataDir} and does not stop`,
        `Stop it: kill -QUIT ${left.pid}`,
        { cause },
      );
    });
  }
  await rm(path.join(dataDir, 'postmaster.pid'), { force: true });
}

async function isPostgres(pid: number): Promise<boolean> {
  if (startTimeOf(pid) === undefined) return false;
  if (process.platform !== 'linux') return true;
  // Its own account's processes are always readable; unreadable ones are somebody else's.
  const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
  return path.basename(program).startsWith('postgres');
}
