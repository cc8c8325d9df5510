import { errorMessage, every } from '@techno/kernel';
import type { LongLived } from './supervise.ts';

/** Works again and again; what goes wrong is said and tried again, as the database and the bus come back by themselves. */
export function loop(
  name: string,
  intervalMs: number,
  onProblem: (fields: { loop: string; problem: string }) => void,
  work: () => Promise<unknown>,
): LongLived {
  return {
    name,
    run: (signal) =>
      every(intervalMs, signal, () => work().catch((error: unknown) => onProblem({ loop: name, problem: errorMessage(error) }))),
  };
}
