import { errorMessage, every, SECOND } from '@techno/kernel';
import { logRotation } from './log-rotation.ts';

/** A log that a process writes by itself. */
export interface KeptLog {
  readonly file: string;
  /** Open for appending. */
  readonly descriptor: number;
}

/**
 * Keeps the logs small and on the disk, until the signal. Linux writes what was not asked for half a minute late, then all of it
 * at once, and every commit of PostgreSQL on the same disk waits behind it (a tenth of a second for 100 MB); so they are synced
 * each second. What the disk refuses is told of once and ends nothing: that log grows where it is until there is room again.
 */
export async function keepLogs(
  logs: () => readonly KeptLog[],
  signal: AbortSignal,
  onProblem: (problem: string) => void,
): Promise<void> {
  const rotations = new Map<string, () => Promise<void>>();
  const troubled = new Set<string>();
  await every(SECOND, signal, async () => {
    for (const { file, descriptor } of logs()) {
      const look = rotations.get(file) ?? logRotation(file, descriptor);
      rotations.set(file, look);
      try {
        await look();
        troubled.delete(file);
      } catch (error) {
        if (!troubled.has(file)) onProblem(`${file} cannot be kept small: ${errorMessage(error)}`);
        troubled.add(file);
      }
    }
  });
}
