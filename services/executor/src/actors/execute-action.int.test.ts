import type { ActionAllowed, CanonicalEvent } from '@techno/contracts';
import { rfc3339, systemClock, TemporaryError, TerminalError } from '@techno/kernel';
import { createExecutions, createPolicies, type Database, openDatabase } from '@techno/storage';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Executor } from '../executors/executor.ts';
import { executorRegistry } from '../executors/registry.ts';
import { resultValidator } from '../executors/validate-result.ts';
import type { Outcome } from '../perform.ts';
import { fail, scripted, succeed } from '../perform.fixture.ts';
import { policyRevisions } from '../policies.ts';
import { allowed, allowKeys, collecting, policyUnderTest } from './allowed.fixture.ts';
import { executeAction } from './execute-action.ts';

let test: TestDatabase;
let database: Database;
let results: Outcome['status'][];
let logged: CanonicalEvent[];

beforeAll(async () => {
  test = await createDatabase();
  const owner = await openDatabase({ url: test.url('gate-engine'), applicationName: 'execute-action-test' });
  await createPolicies(owner).apply({ document: policyUnderTest, note: '', appliedBy: 'test' });
  await owner.close();
  database = await openDatabase({ url: test.url('executor'), applicationName: 'execute-action-test' });
});
afterAll(async () => {
  await database.close();
  await test.drop();
});
beforeEach(() => {
  results = [];
  logged = [];
});

function actorFor(executor: Executor) {
  const executions = createExecutions<Outcome>(database);
  const actor = executeAction(
    executor,
    { concurrency: 4 },
    {
      executions,
      validator: resultValidator(),
      clock: systemClock,
      onCall: () => {},
      executors: executorRegistry([executor]),
      policies: policyRevisions(createPolicies(database)),
      allowKeys,
      onResult: (status) => results.push(status),
      logEvents: (events) => logged.push(...events),
    },
  );
  return { actor, row: (message: ActionAllowed) => executions.find({ traceId: message.trace_id, step: '' }) };
}

const probe = () => allowed('probe', ['keyed_executor_v1']);

describe('an allowed action', () => {
  it('is run and told, with the ids that lead back to its decision', async () => {
    const { actor, row } = actorFor(scripted('keyed', succeed));
    const message = { ...probe(), replay: 2 };
    const { context, emitted } = collecting();
    await actor.handle(message, context);
    expect(emitted).toEqual([
      {
        type: 'action.completed',
        concluded: true,
        body: expect.objectContaining({
          trace_id: message.trace_id,
          decision_id: message.decision.decision_id,
          action: 'probe',
          executor_id: 'keyed_executor_v1',
          attempt: 1,
          replay: 2,
          result: { ok: 1 },
        }),
      },
    ]);
    expect(results).toEqual(['COMPLETED']);
    expect(logged.map(({ event }) => event)).toEqual([
      'EXECUTOR_SELECTED',
      'ACTION_STARTED',
      'RESULT_VALIDATED',
      'ACTION_EXECUTED',
    ]);
    expect((await row(message))?.state).toBe('completed');
  });

  it('that failed is told with its class', async () => {
    const { actor } = actorFor(scripted('keyed', fail(new TerminalError('UPSTREAM_REJECTED', 'no'))));
    const { context, emitted } = collecting();
    await actor.handle(probe(), context);
    expect(emitted).toMatchObject([
      {
        type: 'action.failed',
        concluded: true,
        body: { status: 'FAILED', error: { code: 'UPSTREAM_REJECTED', class: 'upstream' } },
      },
    ]);
  });

  it('that has to be tried again is told to nobody yet', async () => {
    const { actor } = actorFor(scripted('keyed', fail(new TemporaryError('UPSTREAM_TIMEOUT', 'slow'))));
    const { context, emitted } = collecting();
    await expect(actor.handle(probe(), context)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(emitted).toEqual([]);
    expect(results).toEqual([]);
  });

  it('is given the attempts of its own policy once that is at hand', async () => {
    const { actor } = actorFor(scripted('keyed', succeed));
    const message = probe();
    expect(actor.retryDelaysOf?.(message)).toHaveLength(3);
    await actor.handle(message, collecting().context);
    expect(actor.retryDelaysOf?.(message)).toEqual([1, 2]);
  });

  it.each([
    ['an action the policy does not have', allowed('gone', ['keyed_executor_v1']), 'ACTION_UNKNOWN'],
    ['an executor that is not here', allowed('probe', ['other_executor_v1']), 'EXECUTOR_UNKNOWN'],
    ['a fallback that is not here', allowed('probe', ['keyed_executor_v1', 'other_executor_v1']), 'EXECUTOR_UNKNOWN'],
  ])('fails for good with %s, and is told once it is given up', async (_what, message, code) => {
    const executor = scripted('keyed', succeed);
    const { actor, row } = actorFor(executor);
    await expect(actor.handle(message, collecting().context)).rejects.toMatchObject({ name: 'TerminalError', code });
    expect(executor.calls).toHaveLength(0);
    const { context, emitted } = collecting();
    await actor.onDeadLetter?.(message, { code, message: 'why', attempts: 1 }, context);
    expect(emitted).toMatchObject([{ type: 'action.failed', body: { status: 'FAILED', error: { code, message: 'why' } } }]);
    expect((await row(message))?.state).toBe('failed');
  });
});

describe('without a valid ALLOW', () => {
  it.each([
    [
      'a payload it was not given for',
      { ...probe(), request: { ...probe().request, payload: { text: 'other' } } },
      'ALLOW_INVALID',
    ],
    ['a forged signature', { ...probe(), allow: { ...probe().allow, signature: 'AAAA' } }, 'ALLOW_INVALID'],
    ['a time that is over', allowed('probe', ['keyed_executor_v1'], { expiresAt: rfc3339(Date.now() - 1) }), 'ALLOW_EXPIRED'],
  ])('nothing runs, nothing is recorded, nothing is told: %s', async (_what, message: ActionAllowed, code) => {
    const executor = scripted('keyed', succeed);
    const { actor, row } = actorFor(executor);
    const { context, emitted } = collecting();
    await expect(actor.handle(message, context)).rejects.toMatchObject({ name: 'TerminalError', code });
    await actor.onDeadLetter?.(message, { code, message: '', attempts: 1 }, context);
    expect(executor.calls).toHaveLength(0);
    expect(emitted).toEqual([]);
    expect(await row(message)).toBeUndefined();
  });
});

it('an action given up after its attempts is told what the record says', async () => {
  const { actor } = actorFor(scripted('keyed', fail(new TemporaryError('UPSTREAM_TIMEOUT', 'slow'))));
  const message = probe();
  await expect(actor.handle(message, collecting({ attempt: 4, lastAttempt: true }).context)).rejects.toThrow('slow');
  const { context, emitted } = collecting();
  await actor.onDeadLetter?.(message, { code: 'ATTEMPTS_EXHAUSTED', message: '', attempts: 4 }, context);
  expect(emitted).toMatchObject([
    { type: 'action.failed', concluded: true, body: { error: { code: 'UPSTREAM_TIMEOUT', class: 'timeout' } } },
  ]);
});
