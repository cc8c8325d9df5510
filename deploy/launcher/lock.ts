import { StartupError } from '@techno/kernel';
import { claim, release } from './claim.ts';

/**
 * Takes the lock of a home for this process.
 * @returns how to give it back
 * @throws StartupError ALREADY_RUNNING
 */
export function takeLock(file: string): () => void {
  const holder = claim(file);
  if (holder === undefined) return () => release(file);
  throw new StartupError(
    'ALREADY_RUNNING',
    `the stack of this folder already runs (launcher pid ${holder.pid})`,
    `Stop it with 'npx techno stop', look at it with 'npx techno status', or start a second one with its own TECHNO_HOME.`,
  );
}
