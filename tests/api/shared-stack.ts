import { afterAll, beforeAll } from 'vitest';
import { type StackOptions, startStack, type Stack } from '../support/stack.ts';

/** What all suites of one test file ask. To start one costs as much as most suites do. */
export let stack: Stack;

/** Starts it before all hooks of the suites that are imported after this, and stops it after all of them. */
export function shareStack(options: StackOptions = {}): void {
  beforeAll(async () => {
    stack = await startStack(options);
  });
  afterAll(() => stack?.stop());
}
