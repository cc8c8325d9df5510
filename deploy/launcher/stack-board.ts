import { rmSync } from 'node:fs';
import { type Infrastructure, type Stack, type StackProcess, writeStack } from './stack-file.ts';
import { untilWritten } from './until-written.ts';

/** The stack without what changes while it runs. `pid`s are filled in from what was started under that id. */
export interface StackPlan extends Omit<Stack, 'processes' | 'infrastructure'> {
  readonly processes: readonly Omit<StackProcess, 'pid'>[];
  readonly infrastructure: readonly Omit<Infrastructure, 'pid'>[];
}

export interface StackBoard {
  /** A process has started (again). */
  started(id: string, pid: number): void;
  /** From now on stack.json is there and current. */
  publish(plan: StackPlan): Stack;
  /** Nothing of it is true any more. */
  remove(): void;
}

/**
 * Keeps stack.json true: it appears once everything runs, follows every restart, and goes with the stack. A restart that cannot
 * be written is told to `onProblem` and written when it can be.
 */
export function stackBoard(file: string, onProblem: (problem: string) => void): StackBoard {
  const pids = new Map<string, number>();
  let plan: StackPlan | undefined;
  rmSync(file, { force: true });

  // Never 0 for an unknown one: a script that kills it would kill its own process group.
  const pidOf = (id: string): number => {
    const pid = pids.get(id);
    if (pid === undefined) throw new Error(`${id} was published before it was started`);
    return pid;
  };

  const write = (known: StackPlan): Stack => {
    const stack: Stack = {
      ...known,
      processes: known.processes.map(({ id, service, ops }) => ({ id, service, pid: pidOf(id), ops })),
      infrastructure: known.infrastructure.map((part) => ({ ...part, pid: pidOf(part.name) })),
    };
    writeStack(file, stack);
    return stack;
  };

  const follow = untilWritten(() => {
    if (plan !== undefined) write(plan);
  }, onProblem);

  return {
    started(id, pid) {
      pids.set(id, pid);
      follow();
    },
    publish(complete) {
      plan = complete;
      return write(complete);
    },
    remove() {
      plan = undefined;
      rmSync(file, { force: true });
    },
  };
}
