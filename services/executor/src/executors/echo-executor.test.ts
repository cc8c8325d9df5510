import { expect, it } from 'vitest';
import { callOf } from './call.fixture.ts';
import { echoExecutor } from './echo-executor.ts';
import { executorConformance } from './executor.conformance.ts';

executorConformance('echo_executor_v1', false, async () => ({
  executor: echoExecutor(),
  good: callOf({ say: 'hello', list: [1, { two: null }] }),
  async [Symbol.asyncDispose]() {},
}));

it('answers its payload', async () => {
  const payload = { say: 'hello' };
  expect(await echoExecutor().execute(callOf(payload))).toStrictEqual({ result: payload });
});
