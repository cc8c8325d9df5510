import type { Effect } from '@techno/contracts';
import { TemporaryError, TerminalError } from '@techno/kernel';
import { type Database, openDatabase } from '@techno/storage';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abortError, EffectUnclearError } from './executors/executor.ts';
import { concludeLost, perform } from './perform.ts';
import { carrier } from './executors/call.fixture.ts';
import { fail, hang, held, performWorld, type PerformWorld, scripted, succeed, workOf } from './perform.fixture.ts';

const EFFECTS: readonly Effect[] = ['none', 'keyed', 'unkeyed'];
const FENCED: readonly Effect[] = ['keyed', 'unkeyed'];
const busy = () => new TemporaryError('UPSTREAM_STATUS_503', 'answered 503');
const refused = () => new TerminalError('UPSTREAM_REJECTED', 'answered 400');

let test: TestDatabase;
let database: Database;
let world: PerformWorld;

beforeAll(async () => {
  test = await createDatabase();
  database = await openDatabase({ url: test.url('executor'), applicationName: 'perform-test' });
  world = performWorld(database);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

describe.each(EFFECTS)('with effect %s', (effect) => {
  it('records what it answers, and answers it again without another call', async () => {
    const executor = scripted(effect, succeed);
    const work = workOf([executor]);
    const outcome = await perform(work, world.deps);
    expect(outcome).toMatchObject({ status: 'COMPLETED', executor_id: executor.name, attempt: 1, result: { ok: 1 } });
    expect(await world.row(work)).toMatchObject({ state: 'completed', attempt: 1, effect, outcome });
    expect(await perform({ ...work, carrier: { ...carrier, attempt: 2 } }, world.deps)).toEqual(outcome);
    expect(executor.calls).toHaveLength(1);
  });

  it('fails for good by a TerminalError', async () => {
    const executor = scripted(effect, fail(refused()));
    const work = workOf([executor]);
    const outcome = await perform(work, world.deps);
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'UPSTREAM_REJECTED', class: 'upstream' } });
    expect(await world.row(work)).toEqual(expect.objectContaining({ state: 'failed', outcome }));
    expect(await perform({ ...work, carrier: { ...carrier, attempt: 2 } }, world.deps)).toEqual(outcome);
    expect(executor.calls).toHaveLength(1);
  });

  it('leaves the record open for another try after a TemporaryError', async () => {
    const executor = scripted(effect, fail(busy()), succeed);
    const work = workOf([executor]);
    await expect(perform(work, world.deps)).rejects.toThrow('answered 503');
    expect(await world.row(work)).toEqual(effect === 'none' ? undefined : expect.objectContaining({ state: 'retryable' }));
    const outcome = await perform({ ...work, carrier: { ...carrier, attempt: 2 } }, world.deps);
    expect(outcome).toMatchObject({ status: 'COMPLETED', attempt: 2, result: { ok: 2 } });
    expect(await world.row(work)).toMatchObject({ state: 'completed', attempt: 2, outcome });
  });

  it('closes the record with the last attempt, and the dead letter finds it', async () => {
    const executor = scripted(effect, fail(busy()));
    const work = workOf([executor], { carrier: { ...carrier, lastAttempt: true } });
    await expect(perform(work, world.deps)).rejects.toThrow('answered 503');
    const row = await world.row(work);
    expect(row).toMatchObject({ state: 'failed', outcome: { status: 'FAILED', error: { code: 'UPSTREAM_STATUS_503' } } });
    const lost = { ...work, executor: executor.name };
    expect(await concludeLost(lost, { code: 'OTHER', message: 'later' }, world.deps)).toStrictEqual(row?.['outcome']);
  });

  it('does not close the record where the wait cost no attempt', async () => {
    const open = new TemporaryError('BREAKER_OPEN', 'open', { spendsAttempt: false });
    const work = workOf([scripted(effect, fail(open))], { carrier: { ...carrier, lastAttempt: true } });
    await expect(perform(work, world.deps)).rejects.toBe(open);
    expect((await world.row(work))?.['state']).toBe(effect === 'none' ? undefined : 'retryable');
  });

  it('ends as UNKNOWN where the effect is unclear, and stays so', async () => {
    const executor = scripted(effect, fail(new EffectUnclearError('no answer came')));
    const work = workOf([executor]);
    const outcome = await perform(work, world.deps);
    expect(outcome).toMatchObject({ status: 'UNKNOWN', error: { code: 'EFFECT_UNCLEAR' } });
    expect(await world.row(work)).toMatchObject({ state: 'unknown', outcome });
    await world.expireLease(work);
    expect(await perform({ ...work, carrier: { ...carrier, attempt: 2 } }, world.deps)).toEqual(outcome);
    expect(executor.calls).toHaveLength(1);
  });

  it('refuses a result that is not of its schema, without a second call', async () => {
    const executor = scripted(effect, async () => ({ result: { wrong: true } }));
    const work = workOf([executor]);
    const outcome = await perform(work, world.deps);
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'RESULT_INVALID', class: 'result' } });
    expect(outcome.result).toBeUndefined();
    expect(await perform({ ...work, carrier: { ...carrier, attempt: 2 } }, world.deps)).toEqual(outcome);
    expect(executor.calls).toHaveLength(1);
  });

  it('cuts off what takes longer than the action may', async () => {
    const executor = scripted(effect, hang(abortError), succeed);
    const work = workOf([executor], { timeoutMs: 20 });
    await expect(perform(work, world.deps)).rejects.toMatchObject({ code: 'EXECUTION_TIMEOUT', spendsAttempt: true });
    expect((await world.row(work))?.['state']).toBe(effect === 'none' ? undefined : 'retryable');
  });

  it('writes nothing when the process stops', async () => {
    const stop = new AbortController();
    const waiting = held();
    const executor = scripted(effect, waiting.behaviour, succeed);
    const work = workOf([executor], { signal: stop.signal });
    const running = perform(work, world.deps);
    await waiting.entered;
    stop.abort();
    waiting.release(hang(abortError));
    await expect(running).rejects.toMatchObject({ code: 'EXECUTION_ABORTED' });
    expect((await world.row(work))?.['state']).toBe(effect === 'none' ? undefined : 'started');
  });

  it('runs again under a new decision only what failed', async () => {
    for (const [first, state] of [
      [fail(refused()), 'failed'],
      [fail(new EffectUnclearError('gone')), 'unknown'],
      [succeed, 'completed'],
    ] as const) {
      const executor = scripted(effect, first, succeed);
      const work = workOf([executor]);
      const before = await perform(work, world.deps);
      expect((await world.row(work))?.['state']).toBe(state);
      const again = await perform({ ...work, decisionId: 'dec_2' }, world.deps);
      expect(again.status).toBe('COMPLETED');
      if (state === 'completed') expect(again).toStrictEqual(before);
      expect(await world.row(work)).toMatchObject({ state: 'completed', outcome: again });
    }
  });

  it('takes the next executor where the first one cannot', async () => {
    const first = scripted(effect, fail(refused()));
    const second = { ...scripted('none', succeed), name: 'second_executor_v1' };
    const third = { ...scripted('none', succeed), name: 'third_executor_v1' };
    world.called.length = 0;
    const outcome = await perform(workOf([first, second, third]), world.deps);
    expect(outcome).toMatchObject({ status: 'COMPLETED', executor_id: 'second_executor_v1' });
    expect(world.called).toEqual([first.name, 'second_executor_v1']);
  });

  it.each([
    ['the input is at fault', () => new TerminalError('INPUT_INVALID', 'no')],
    ['the effect is unclear', () => new EffectUnclearError('gone')],
  ])('asks no other executor where %s', async (_why, error) => {
    const second = scripted('none', succeed);
    const outcome = await perform(workOf([scripted(effect, fail(error())), second]), world.deps);
    expect(outcome.status).not.toBe('COMPLETED');
    expect(second.calls).toHaveLength(0);
  });
});

describe('a fallback', () => {
  it('follows an answer that was no good only where nothing was effected', async () => {
    const answered = async () => ({ result: 'not an object' });
    for (const effect of EFFECTS) {
      const second = scripted(effect, succeed);
      const outcome = await perform(workOf([scripted(effect, answered), { ...second, name: 'second_executor_v1' }]), world.deps);
      expect(outcome).toMatchObject(
        effect === 'none' ? { status: 'COMPLETED' } : { status: 'FAILED', error: { code: 'RESULT_INVALID' } },
      );
      expect(second.calls).toHaveLength(effect === 'none' ? 1 : 0);
    }
  });

  it('does not follow where only the same upstream would know the key of what may have happened', async () => {
    const second = scripted('keyed', succeed);
    const work = workOf([scripted('keyed', fail(busy())), { ...second, name: 'second_executor_v1' }]);
    await expect(perform(work, world.deps)).rejects.toThrow('answered 503');
    expect(second.calls).toHaveLength(0);
  });

  it('reports the last failure where nobody can', async () => {
    const work = workOf([scripted('none', fail(refused())), { ...scripted('none', fail(busy())), name: 'second_executor_v1' }], {
      carrier: { ...carrier, lastAttempt: true },
    });
    await expect(perform(work, world.deps)).rejects.toThrow('answered 503');
    expect(await world.row(work)).toMatchObject({ outcome: { executor_id: 'second_executor_v1' } });
  });

  it('fences by the strongest effect of all that may run', async () => {
    const work = workOf([scripted('none', succeed), scripted('unkeyed', succeed), scripted('keyed', succeed)]);
    await perform(work, world.deps);
    expect(await world.row(work)).toMatchObject({ effect: 'unkeyed', state: 'completed' });
  });

  it('is nobody where no executor was named', async () => {
    const outcome = await perform(workOf([]), world.deps);
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'EXECUTOR_UNKNOWN' } });
  });
});

/** What a process leaves that was killed after it had committed its start. */
async function startedAndKilled(effect: Effect, work: ReturnType<typeof workOf>, leaseMs = 15_000): Promise<void> {
  const started = await world.executions.start({ ...work, effect, startedAt: new Date(), leaseMs });
  expect(started).toEqual({ kind: 'started', attempt: 1 });
}

describe('after a crash', () => {
  it.each(FENCED)('waits while the lease of the %s attempt lives', async (effect) => {
    const executor = scripted(effect, succeed);
    const work = workOf([executor], { carrier: { ...carrier, attempt: 2, lastAttempt: true } });
    await startedAndKilled(effect, work);
    await expect(perform(work, world.deps)).rejects.toMatchObject({ code: 'EXECUTION_BUSY', spendsAttempt: false });
    expect(executor.calls).toHaveLength(0);
    expect(await world.row(work)).toMatchObject({ state: 'started', attempt: 1 });
  });

  it('runs a keyed effect again when the lease is over', async () => {
    const executor = scripted('keyed', succeed);
    const work = workOf([executor], { carrier: { ...carrier, attempt: 2 } });
    await startedAndKilled('keyed', work);
    await world.expireLease(work);
    expect(await perform(work, world.deps)).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    expect(executor.calls.map(({ attempt }) => attempt)).toEqual([2]);
  });

  it.each(['dec_1', 'dec_2'])('never repeats an unkeyed effect, asked under %s', async (decisionId) => {
    const executor = scripted('unkeyed', succeed);
    const work = workOf([executor], { carrier: { ...carrier, attempt: 2 } });
    await startedAndKilled('unkeyed', work);
    await world.expireLease(work);
    const outcome = await perform({ ...work, decisionId }, world.deps);
    expect(outcome).toMatchObject({ status: 'UNKNOWN', attempt: 1, error: { code: 'EFFECT_UNCLEAR', class: 'upstream' } });
    expect(await world.row(work)).toMatchObject({ state: 'unknown', outcome });
    expect(executor.calls).toHaveLength(0);
  });
});

describe('an attempt that was overtaken', () => {
  async function overtaken(effect: Effect) {
    const [slow, fast] = [held(), held()];
    const executor = scripted(effect, slow.behaviour, fast.behaviour);
    const work = workOf([executor]);
    const first = perform(work, world.deps);
    await slow.entered;
    await world.expireLease(work);
    return { work, slow, fast, executor, first, second: perform({ ...work, carrier: { ...carrier, attempt: 2 } }, world.deps) };
  }

  it('gives way to the one that holds the fence', async () => {
    const { work, slow, fast, first, second } = await overtaken('keyed');
    await fast.entered;
    slow.release(succeed);
    await expect(first).rejects.toMatchObject({ code: 'EXECUTION_SUPERSEDED', spendsAttempt: false });
    fast.release(succeed);
    expect(await second).toMatchObject({ attempt: 2, result: { ok: 2 } });
    expect(await world.row(work)).toMatchObject({ state: 'completed', attempt: 2 });
  });

  it('answers what the other one recorded', async () => {
    const { slow, fast, first, second } = await overtaken('keyed');
    await fast.entered;
    fast.release(succeed);
    const recorded = await second;
    slow.release(fail(refused()));
    expect(await first).toStrictEqual(recorded);
  });

  it('of an unkeyed effect finds it UNKNOWN, whatever it did itself', async () => {
    const { work, slow, first, second, executor } = await overtaken('unkeyed');
    const recorded = await second;
    expect(recorded.status).toBe('UNKNOWN');
    slow.release(succeed);
    expect(await first).toStrictEqual(recorded);
    expect(executor.calls).toHaveLength(1);
    expect(await world.row(work)).toMatchObject({ state: 'unknown', outcome: recorded });
  });
});

describe('concludeLost', () => {
  const failure = { code: 'ATTEMPTS_EXHAUSTED', message: 'all attempts were spent' };
  const lostOf = (work: ReturnType<typeof workOf>) => ({ ...work, executor: 'gone_executor_v1' });

  it('records a failure where nothing was ever started', async () => {
    const work = workOf([]);
    const outcome = await concludeLost(lostOf(work), failure, world.deps);
    expect(outcome).toMatchObject({
      status: 'FAILED',
      executor_id: 'gone_executor_v1',
      error: { ...failure, class: 'internal' },
    });
    expect(await world.row(work)).toMatchObject({ state: 'failed', outcome });
    expect(await concludeLost(lostOf(work), { code: 'OTHER', message: '' }, world.deps)).toEqual(outcome);
  });

  it('records a failure where the last attempt was given back', async () => {
    const work = workOf([scripted('unkeyed', fail(busy()))]);
    await perform(work, world.deps).catch(() => {});
    expect(await concludeLost(lostOf(work), failure, world.deps)).toMatchObject({ status: 'FAILED', attempt: 1 });
    expect(await world.row(work)).toMatchObject({ state: 'failed' });
  });

  it.each(FENCED)('records UNKNOWN where a %s start has no outcome, under whatever decision', async (effect) => {
    for (const decisionId of ['dec_1', 'dec_2']) {
      const work = workOf([]);
      await startedAndKilled(effect, work);
      const outcome = await concludeLost({ ...lostOf(work), decisionId }, failure, world.deps);
      expect(outcome).toMatchObject({ status: 'UNKNOWN', attempt: 1 });
      expect(await world.row(work)).toMatchObject({ state: 'unknown', outcome });
    }
  });

  it.each(EFFECTS)('leaves a recorded outcome of effect %s alone', async (effect) => {
    const work = workOf([scripted(effect, succeed)]);
    const recorded = await perform(work, world.deps);
    expect(await concludeLost(lostOf(work), failure, world.deps)).toStrictEqual(recorded);
    expect(await world.row(work)).toMatchObject({ state: 'completed', outcome: recorded });
  });
});
