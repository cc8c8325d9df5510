import { StartupError } from '@techno/kernel';
import type { Executor } from './executor.ts';

/** The executors by name. Throws a StartupError EXECUTOR_DUPLICATE where two share one. */
export function executorRegistry(executors: readonly Executor[]): ReadonlyMap<string, Executor> {
  const byName = new Map<string, Executor>();
  for (const executor of executors) {
    if (byName.has(executor.name)) {
      throw new StartupError(
        'EXECUTOR_DUPLICATE',
        `two executors are called '${executor.name}'`,
        'give one of them another name, with a new version: echo_executor_v2',
      );
    }
    byName.set(executor.name, executor);
  }
  return byName;
}
