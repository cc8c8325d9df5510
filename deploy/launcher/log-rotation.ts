import {
  closeSync,
  existsSync,
  fdatasync,
  ftruncateSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { pause } from '@techno/kernel';

const MIB = 1024 * 1024;

/** A copy is written piece by piece, each on the disk before the next: whoever waits for a commit meanwhile waits for no more than one. */
const PIECE_BYTES = MIB;
/** In which commits that came meanwhile go first. */
const BETWEEN_PIECES_MS = 20;

export const MAX_LOG_BYTES = 16 * MIB;
/** With the one that is written, all that is kept of a process's log is at most five times as large. */
const KEPT = 4;

/**
 * Once it is larger than `maxBytes`: keeps a copy as `<file>.1`, while those before it become `.2` to `.4` (the oldest goes),
 * and empties it. It is not renamed, for the process that writes it goes on writing what it has opened. Throws what the disk
 * says; where there is no room for the copy, all that was kept stays as it is. So it does when the signal comes: a log that could not
 * be rotated for long may be of any size, and nobody waits for its copy to stop the system.
 */
export async function rotate(file: string, descriptor: number, signal: AbortSignal, maxBytes = MAX_LOG_BYTES): Promise<boolean> {
  if (fstatSync(descriptor).size <= maxBytes) return false;
  const copy = `${file}.new`;
  const from = openSync(file, 'r');
  try {
    const to = openSync(copy, 'w', 0o600);
    try {
      while (copyPiece(from, to) === PIECE_BYTES) {
        await sync(to);
        await pause(BETWEEN_PIECES_MS, signal);
        if (signal.aborted) {
          rmSync(copy);
          return false;
        }
      }
      makeRoom(file);
      renameSync(copy, `${file}.1`);
      // What was written meanwhile: the last thing found before the file is emptied is that there is no more.
      while (copyPiece(from, to) > 0);
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

const sync = promisify(fdatasync);

/** Returns how many bytes there were, at most PIECE_BYTES. */
function copyPiece(from: number, to: number): number {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  const read = readSync(from, piece);
  for (let written = 0; written < read;) written += writeSync(to, piece, written, read - written);
  return read;
}

function makeRoom(file: string): void {
  for (let older = KEPT; older > 1; older--) {
    if (existsSync(`${file}.${older - 1}`)) renameSync(`${file}.${older - 1}`, `${file}.${older}`);
  }
}
