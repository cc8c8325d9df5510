import { type Executor, throwIfAborted } from './executor.ts';

/** Answers its payload: for smoke tests and the bench. */
export function echoExecutor(): Executor {
  return {
    name: 'echo_executor_v1',
    effect: () => 'none',
    async execute(call) {
      throwIfAborted(call.signal);
      // What JSON cannot say (undefined) is null in the answer.
      return { result: call.payload ?? null };
    },
  };
}
