import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Load, LoadResult } from './load.ts';

export interface Generator {
  readonly pid: number;
  /** One at a time. Throws when an answer was not as it must be: a figure from wrong answers says nothing. */
  run(load: Load): Promise<LoadResult>;
  /** What runs then ends with an error. */
  close(): Promise<void>;
}

export function startGenerator(): Generator {
  const child = fork(path.join(import.meta.dirname, 'main.ts'), { execArgv: [] });
  const exited = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async run(load) {
      child.send(load);
      const outcome = await Promise.race([once(child, 'message'), exited.then(() => undefined)]);
      if (outcome === undefined) throw new Error('the load generator died');
      const [result] = outcome as [LoadResult];
      const [fault] = Object.entries(result.faults);
      if (fault !== undefined) {
        const [kind, { count, example }] = fault;
        throw new Error(`${count} × ${kind} (beside ${result.answered} good answers): ${example.slice(0, 2_000)}`);
      }
      return result;
    },
    async close() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
