import { openSync } from 'node:fs';
import { errorMessage, StartupError } from '@techno/kernel';
import { destination as sonic } from 'pino';

/** Where finished lines go. A line ends in a newline; several may come at once. */
export interface LogDestination {
  write(lines: string): void;
  /** Resolves when everything written so far is out. */
  flush?(): Promise<void>;
}

const BUFFER_BYTES = 64 * 1024;
const FLUSH_MS = 250;
/** A reader that stalls must not fill the memory: past this, lines are dropped and counted. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/**
 * A buffered, asynchronous destination: `1` for standard output, or a file to append to. Written when 64 KiB are together and
 * every 250 ms; flushed when the process exits, also by an uncaught error. Throws StartupError LOG_FILE_UNWRITABLE.
 */
export function bufferedDestination(target: number | string, onDropped: () => void): LogDestination {
  const stream = sonic({
    fd: typeof target === 'number' ? target : openLog(target),
    sync: false,
    minLength: BUFFER_BYTES,
    maxLength: MAX_BUFFERED_BYTES,
    maxWrite: 4 * BUFFER_BYTES,
    periodicFlush: FLUSH_MS,
  });
  stream.on('drop', onDropped);
  // A full disk costs log lines, not the service.
  stream.on('error', onDropped);
  return {
    write: (lines) => void stream.write(lines),
    flush: () => new Promise((resolve) => stream.flush(() => resolve())),
  };
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (cause) {
    throw new StartupError(
      'LOG_FILE_UNWRITABLE',
      `cannot write the log to ${file}: ${errorMessage(cause)}`,
      'Create the folder, or give the process the right to write there.',
      { cause },
    );
  }
}
