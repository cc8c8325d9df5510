import { openSync } from 'node:fs';
import { errorMessage, StartupError } from '@techno/kernel';
import { destination as sonic } from 'pino';

/** Where finished lines go. A line ends in a newline; several may come at once. */
export interface LogDestination {
  write(lines: string): void;
  /** Resolves when everything written so far is out. */
  flush?(): Promise<void>;
}

const BUFFER_CHARS = 64 * 1024;
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
    minLength: 1,
    maxLength: MAX_BUFFERED_BYTES,
    maxWrite: 4 * BUFFER_CHARS,
  });
  stream.on('drop', onDropped);
  // A full disk costs log lines, not the service.
  stream.on('error', onDropped);

  // Joined here and handed over whole: the stream measures everything it is given, which for each line alone cost more than
  // making the line.
  let lines: string[] = [];
  let chars = 0;
  const handOver = () => {
    if (chars === 0) return;
    const text = lines.join('');
    lines = [];
    chars = 0;
    stream.write(text);
  };
  setInterval(handOver, FLUSH_MS).unref();
  process.on('exit', () => {
    handOver();
    stream.flushSync();
  });
  return {
    write(text) {
      lines.push(text);
      chars += text.length;
      if (chars >= BUFFER_CHARS) handOver();
    },
    flush() {
      handOver();
      return new Promise((resolve) => stream.flush(() => resolve()));
    },
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
