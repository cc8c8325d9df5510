import { decideStep, type CanonicalEvent } from '@techno/contracts';
import { type Bus, connectBus, endpoint, serveRequests } from '@techno/jetstream';
import { systemClock, TemporaryError } from '@techno/kernel';
import { createExecutions, createPolicies, type Database, openDatabase } from '@techno/storage';
import { createDatabase, startNats, type TestDatabase, type TestNats } from '@techno/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { allow, allowed, allowKeys, collecting, policyUnderTest } from './actors/allowed.fixture.ts';
import { executeAction } from './actors/execute-action.ts';
import { compositeExecutor } from './executors/composite-executor.ts';
import { echoExecutor } from './executors/echo-executor.ts';
import { executorRegistry } from './executors/registry.ts';
import { resultValidator } from './executors/validate-result.ts';
import type { Outcome } from './perform.ts';
import { fail, scripted, succeed } from './perform.fixture.ts';
import { policyRevisions } from './policies.ts';
import { COMPOSITE, stepRunner } from './steps.ts';

type Asked = ReturnType<typeof decideStep.input.parse>;
type Answer = ReturnType<typeof decideStep.output.parse>;

let nats: TestNats;
let test: TestDatabase;
let database: Database;
let bus: Bus;
let stopDeciding = async (): Promise<void> => {};

beforeAll(async () => {
  [nats, test] = await Promise.all([startNats(), createDatabase()]);
  const owner = await openDatabase({ url: test.url('gate-engine'), applicationName: 'steps-test' });
  await createPolicies(owner).apply({ document: policyUnderTest, note: '', appliedBy: 'test' });
  await owner.close();
  database = await openDatabase({ url: test.url('executor'), applicationName: 'steps-test' });
  bus = await connectBus({ url: nats.url, name: 'steps-test' });
});
afterEach(() => stopDeciding());
afterAll(async () => {
  await bus.close();
  await Promise.all([database.close(), nats.stop()]);
  await test.drop();
});

const EXECUTORS: Readonly<Record<string, string[]>> = {
  probe: ['keyed_executor_v1'],
  echo: ['echo_executor_v1'],
  both: [COMPOSITE],
};

/** Answers for the gate-engine; the same request always the same, as the record of decisions would have it. */
async function decide(answer: (input: Asked) => Answer = allowAll()): Promise<Asked[]> {
  const asked: Asked[] = [];
  stopDeciding = await serveRequests(bus, 'gate-engine', '0.0.0', [
    endpoint(decideStep, async (input) => {
      asked.push(input);
      return answer(input);
    }),
  ]);
  return asked;
}

function allowAll(change: (input: Asked) => Asked = (input) => input): (input: Asked) => Answer {
  const decided = new Map<string, Answer>();
  return (input) => {
    const given = change(input);
    const key = `${input.trace_id}/${input.step}`;
    const { trace_id: traceId, request } = given;
    const fresh = { outcome: 'ALLOW' as const, ...allow({ traceId, request, executors: EXECUTORS[request.action] ?? [] }) };
    if (!decided.has(key)) decided.set(key, fresh);
    return decided.get(key) ?? fresh;
  };
}

function compositeOf(probe = scripted('keyed', succeed)) {
  const executions = createExecutions<Outcome>(database);
  const logged: CanonicalEvent[] = [];
  const shared = {
    executions,
    validator: resultValidator(),
    clock: systemClock,
    onCall: () => {},
    policies: policyRevisions(createPolicies(database)),
    allowKeys,
    logEvents: (events: readonly CanonicalEvent[]) => void logged.push(...events),
  };
  const composite = compositeExecutor({ runStep: stepRunner({ ...shared, bus, executors: () => executors }) });
  const executors = executorRegistry([probe, echoExecutor(), composite]);
  return {
    probe,
    logged,
    executions,
    actor: executeAction(composite, { concurrency: 4 }, { ...shared, executors, onResult: () => {} }),
  };
}

it('each step asks the gates, is fenced, run, recorded and told; the composite answers the last one', async () => {
  const asked = await decide();
  const { actor, executions, logged } = compositeOf();
  const message = { ...allowed('both', [COMPOSITE]), replay: 1 };
  const { context, emitted } = collecting();
  await actor.handle(message, context);

  expect(asked).toMatchObject([
    {
      step: 'first',
      parent_decision_id: message.decision.decision_id,
      request: { action: 'probe', context_id: 'default', payload: { text: 'hello' } },
      principal: message.principal,
      replay: 1,
      traceparent: context.traceparent,
    },
    { step: 'second', request: { action: 'echo', payload: { got: 1 } } },
  ]);
  expect(emitted.map(({ type, concluded }) => [type, concluded])).toEqual([
    ['action.step_ended', false],
    ['action.step_ended', false],
    ['action.completed', true],
  ]);
  expect(emitted.map(({ body }) => body)).toMatchObject([
    { step: 'first', status: 'COMPLETED', executor_id: 'keyed_executor_v1', attempt: 1 },
    { step: 'second', status: 'COMPLETED', executor_id: 'echo_executor_v1' },
    { result: { output: { got: 1 }, steps: { first: { status: 'COMPLETED' } } } },
  ]);
  const { trace_id: traceId } = message;
  expect(await executions.find({ traceId, step: 'first' })).toMatchObject({ state: 'completed', attempt: 1 });
  expect(await executions.find({ traceId, step: 'second' })).toMatchObject({ state: 'completed' });
  expect(logged.filter(({ event }) => event === 'ACTION_EXECUTED').map(({ data }) => data['step'])).toEqual([
    'first',
    'second',
    undefined,
  ]);
});

it('a redelivery repeats no step that has ended', async () => {
  await decide();
  const { actor, probe } = compositeOf();
  const message = allowed('both', [COMPOSITE]);
  await actor.handle(message, collecting().context);
  const { context, emitted } = collecting({ attempt: 2 });
  await actor.handle(message, context);
  expect(probe.calls).toHaveLength(1);
  expect(emitted.at(-1)).toMatchObject({ type: 'action.completed', body: { result: { output: { got: 1 } } } });
});

it('a step that has to be tried again brings the whole composite back, and only it is tried again', async () => {
  await decide();
  const { actor, probe } = compositeOf(scripted('keyed', fail(new TemporaryError('UPSTREAM_TIMEOUT', 'slow')), succeed));
  const message = allowed('both', [COMPOSITE]);
  await expect(actor.handle(message, collecting().context)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  const { context, emitted } = collecting({ attempt: 2 });
  await actor.handle(message, context);
  expect(probe.calls.map(({ attempt, step }) => [attempt, step])).toEqual([
    [1, 'first'],
    [2, 'first'],
  ]);
  expect(emitted.at(-1)?.type).toBe('action.completed');
});

it('a step that is denied is reported, and nothing of it runs', async () => {
  await decide((input) => {
    const { decision } = allow({ traceId: input.trace_id, request: input.request, executors: ['none'] });
    return { outcome: 'DENY', decision, gate: 'G9', reason_codes: ['SYSTEM_CLOSED'], message: 'closed' };
  });
  const { actor, probe } = compositeOf();
  const { context, emitted } = collecting();
  await actor.handle(allowed('both', [COMPOSITE]), context);
  expect(probe.calls).toHaveLength(0);
  expect(emitted).toMatchObject([
    {
      type: 'action.failed',
      body: {
        error: { code: 'COMPOSITE_FAILED' },
        partial: {
          steps: {
            first: { status: 'DENIED', gate: 'G9', reason_codes: ['SYSTEM_CLOSED'] },
            second: { status: 'SKIPPED', because: 'first' },
          },
        },
      },
    },
  ]);
});

it.each([
  ['for another payload', allowAll((input) => ({ ...input, request: { ...input.request, payload: { text: 'other' } } }))],
  ['for another trace', allowAll((input) => ({ ...input, trace_id: `tr_${'00'.repeat(16)}` }))],
])('an ALLOW %s lets no step run', async (_what, answer) => {
  await decide(answer);
  const { actor, probe } = compositeOf();
  const { context, emitted } = collecting();
  await actor.handle(allowed('both', [COMPOSITE]), context);
  expect(probe.calls).toHaveLength(0);
  expect(emitted.at(-1)).toMatchObject({
    type: 'action.failed',
    body: { partial: { steps: { first: { status: 'FAILED', error: { code: 'ALLOW_INVALID' } } } } },
  });
});

it('a composite is no step of another', async () => {
  await decide();
  const { actor } = compositeOf();
  const { context, emitted } = collecting();
  await actor.handle(allowed('nested', [COMPOSITE]), context);
  expect(emitted).toMatchObject([
    { type: 'action.failed', body: { partial: { steps: { inner: { error: { code: 'COMPOSITE_INVALID' } } } } } },
  ]);
});

it('nobody there to decide costs a wait and no attempt', async () => {
  const { actor, probe } = compositeOf();
  const { context, emitted } = collecting();
  await expect(actor.handle(allowed('both', [COMPOSITE]), context)).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    spendsAttempt: false,
  });
  expect(probe.calls).toHaveLength(0);
  expect(emitted).toEqual([]);
});
