import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isAlive, type ProcessIdentity } from '@techno/embedded';
import { errorCode } from '@techno/kernel';

/**
 * Claims a name for this process: a file that tells whose it is, so that one left by a crash is known as such.
 * @returns undefined when it is ours now, else the living process that holds it
 * @throws what the file system throws
 */
export function claim(file: string): ProcessIdentity | undefined {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(identify(process.pid)));
  try {
    // A link either appears whole or fails, so of two at the same moment one wins.
    while (!linked(draft, file)) {
      const holder = claimant(file);
      if (holder !== undefined) return holder;
      removeStale(file);
    }
    return undefined;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Gives it back, if it is still ours. */
export function release(file: string): void {
  if (claimant(file)?.pid === process.pid) rmSync(file, { force: true });
}

/** Who holds it; undefined when nobody that still lives. */
export function claimant(file: string): ProcessIdentity | undefined {
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

/** Moves the stale file aside before removing it: another process may just have put a fresh one in its place. */
function removeStale(file: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  if (claimant(aside) !== undefined) linked(aside, file);
  rmSync(aside, { force: true });
}
