import { closeSync, existsSync, ftruncateSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';

const MIB = 1024 * 1024;

/** Small enough that a disk takes the copy of one in a moment: whoever waits for a commit meanwhile waits for that too. */
export const MAX_LOG_BYTES = 16 * MIB;
/** With the one that is written, all that is kept of a process's log is at most five times as large. */
const KEPT = 4;

/**
 * Once it is larger than `maxBytes`: keeps a copy as `<file>.1`, after those before it have become `.2` to `.4` (the oldest goes),
 * and empties it. It is not renamed, for the process that writes it goes on writing what it has opened. Throws what the disk says.
 */
export function rotate(file: string, descriptor: number, maxBytes = MAX_LOG_BYTES): boolean {
  if (fstatSync(descriptor).size <= maxBytes) return false;
  for (let older = KEPT; older > 1; older--) {
    if (existsSync(`${file}.${older - 1}`)) renameSync(`${file}.${older - 1}`, `${file}.${older}`);
  }
  moveContent(file, descriptor, `${file}.1`);
  return true;
}

/** What is written meanwhile comes along: the last thing that is found before the file is emptied is that there is no more. */
function moveContent(file: string, descriptor: number, target: string): void {
  const piece = Buffer.allocUnsafe(MIB);
  const from = openSync(file, 'r');
  const to = openSync(target, 'w', 0o600);
  try {
    for (let read = readSync(from, piece); read > 0; read = readSync(from, piece)) writeSync(to, piece, 0, read);
    ftruncateSync(descriptor);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}
