import { errorMessage, SECOND } from '@techno/kernel';

const RETRY_MS = 5 * SECOND;

/**
 * A write that does not throw: what cannot be written now, on a full disk, is written when it can be, as it is then. The launcher
 * must outlive that, for everything ends with it.
 */
export function untilWritten(write: () => void, onProblem: (problem: string) => void): () => void {
  let again: NodeJS.Timeout | undefined;
  return function attempt() {
    clearTimeout(again);
    try {
      write();
    } catch (error) {
      onProblem(errorMessage(error));
      again = setTimeout(attempt, RETRY_MS).unref();
    }
  };
}
