import { closeSync, existsSync, ftruncateSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';

const MIB = 1024 * 1024;

/** Small enough that a disk takes the copy of one in a moment: whoever waits for a commit meanwhile waits for that too. */
export const MAX_LOG_BYTES = 16 * MIB;
/** With the one that is written, all that is kept of a process's log is at most five times as large. */
const KEPT = 4;

/**
 * Once it is larger than `maxBytes`: keeps a copy as `<file>.1`, while those before it become `.2` to `.4` (the oldest goes),
 * and empties it. It is not renamed, for the process that writes it goes on writing what it has opened. Throws what the disk
 * says; where there is no room for the copy, all that was kept stays as it is.
 */
export function rotate(file: string, descriptor: number, maxBytes = MAX_LOG_BYTES): boolean {
  if (fstatSync(descriptor).size <= maxBytes) return false;
  const copy = `${file}.new`;
  const from = openSync(file, 'r');
  try {
    const to = openSync(copy, 'w', 0o600);
    try {
      drain(from, to);
      makeRoom(file);
      renameSync(copy, `${file}.1`);
      // What was written meanwhile: the last thing found before the file is emptied is that there is no more.
      drain(from, to);
      ftruncateSync(descriptor);
    } finally {
      closeSync(to);
    }
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  } finally {
    closeSync(from);
  }
  return true;
}

function drain(from: number, to: number): void {
  const piece = Buffer.allocUnsafe(MIB);
  for (let read = readSync(from, piece); read > 0; read = readSync(from, piece)) {
    for (let written = 0; written < read;) written += writeSync(to, piece, written, read - written);
  }
}

function makeRoom(file: string): void {
  for (let older = KEPT; older > 1; older--) {
    if (existsSync(`${file}.${older - 1}`)) renameSync(`${file}.${older - 1}`, `${file}.${older}`);
  }
}
