import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  ftruncateSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

const MIB = 1024 * 1024;

const PIECE_BYTES = MIB / 4;
/** In one look: a log that could not be copied for long may be of any size, and nobody waits for its copy, nor does the end of the system. */
const LOOK_BYTES = 16 * MIB;

export const MAX_LOG_BYTES = 16 * MIB;
/** With the one that is written and its copy, all that is kept of a process's log is at most six times as large. */
const KEPT = 4;

/**
 * Keeps one log small and on the disk: call what it returns about once a second. The process that writes the log goes on writing what
 * it has opened for appending, so the log is not renamed but copied, to `<file>.new`, each time what is new; once it is larger than
 * `maxBytes` the copy becomes `<file>.1`, while those before it become `.2` to `.4`, and the log is emptied. (Copied whole when it was
 * full, it kept half a processor busy for a tenth of a second, and every caller waited.) The file of the oldest is written over by the
 * next copy, for where much is freed at once a disk may answer nobody for a while; so what `<file>.new` holds past its copy is
 * old. Throws what the disk says; where there is no room for the copy, all that was kept stays as it is.
 */
export function logRotation(file: string, descriptor: number, maxBytes = MAX_LOG_BYTES): () => Promise<void> {
  const copy = `${file}.new`;
  /** Of the log's bytes, how many are in the copy. */
  let copied = 0;

  const copyNews = (from: number, to: number, atMost: number): void => {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let news = 0; news < atMost;) {
      const read = readSync(from, piece, 0, PIECE_BYTES, copied);
      if (read === 0) return;
      for (let written = 0; written < read;) written += writeSync(to, piece, written, read - written, copied + written);
      copied += read;
      news += read;
    }
  };

  return async () => {
    const { size } = fstatSync(descriptor);
    if (size === copied && size <= maxBytes) return;
    const from = openSync(file, 'r');
    const to = openSync(copy, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { size: found } = fstatSync(to);
      // Begun again where the log was emptied, or the copy taken away, by somebody else.
      if (size < copied || found < copied) copied = 0;
      copyNews(from, to, LOOK_BYTES);
      await Promise.all([sync(descriptor), sync(to)]);
      if (copied <= maxBytes || fstatSync(descriptor).size - copied > LOOK_BYTES) return;
      // Where there is no room for what was written meanwhile, it ends here, and nothing that was kept has moved.
      copyNews(from, to, LOOK_BYTES);
      const oldest = makeRoom(file);
      renameSync(copy, `${file}.1`);
      ftruncateSync(to, copied);
      // The last thing found before the log is emptied is that there is no more.
      copyNews(from, to, Infinity);
      ftruncateSync(descriptor);
      copied = 0;
      if (oldest !== undefined) renameSync(oldest, copy);
    } finally {
      closeSync(from);
      closeSync(to);
    }
  };
}

const sync = promisify(fdatasync);

/** Moves what is kept on by one, and answers where the oldest is now, which is kept no more. */
function makeRoom(file: string): string | undefined {
  const oldest = existsSync(`${file}.${KEPT}`) ? `${file}.old` : undefined;
  if (oldest !== undefined) renameSync(`${file}.${KEPT}`, oldest);
  for (let older = KEPT; older > 1; older--) {
    if (existsSync(`${file}.${older - 1}`)) renameSync(`${file}.${older - 1}`, `${file}.${older}`);
  }
  return oldest;
}
