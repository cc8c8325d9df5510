import { expect, it } from 'vitest';
import { echoExecutor } from './echo-executor.ts';
import { executorRegistry } from './registry.ts';

it('finds executors by name', () => {
  const echo = echoExecutor();
  expect(executorRegistry([echo]).get('echo_executor_v1')).toBe(echo);
});

it('refuses to start with two of one name', () => {
  expect(() => executorRegistry([echoExecutor(), echoExecutor()])).toThrow(
    expect.objectContaining({ code: 'EXECUTOR_DUPLICATE', message: expect.stringContaining('echo_executor_v1') }),
  );
});
