import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isAlive, type ProcessIdentity } from '@techno/embedded';
import { errorCode, StartupError } from '@techno/kernel';

/**
 * Takes the lock for this process: a file that names it, so that a lock left by a crash is known as such.
 * @returns how to give it back
 * @throws StartupError ALREADY_RUNNING
 */
export function takeLock(file: string): () => void {
  const own = identify(process.pid);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    // A link either appears whole or fails, so of two at the same moment one wins.
    while (!linked(draft, file)) {
      const holder = lockHolder(file);
      if (holder !== undefined) {
        throw new StartupError(
          'ALREADY_RUNNING',
          `the stack of this folder already runs (launcher pid ${holder.pid})`,
          `Stop it with 'npx techno stop', look at it with 'npx techno status', or start a second one with its own TECHNO_HOME.`,
        );
      }
      removeStale(file);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (lockHolder(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** Who holds the lock; undefined when nobody that still lives. */
export function lockHolder(file: string): ProcessIdentity | undefined {
  const holder = content(file);
  return holder !== undefined && isAlive(holder) ? holder : undefined;
}

function content(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the stale lock aside before removing it: another process may just have put a fresh one in its place. */
function removeStale(file: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const holder = content(aside);
  if (holder !== undefined && isAlive(holder)) linked(aside, file);
  rmSync(aside, { force: true });
}
