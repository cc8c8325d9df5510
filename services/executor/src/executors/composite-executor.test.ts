import { TechnoError, TemporaryError, TerminalError } from '@techno/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callOf } from './call.fixture.ts';
import { compositeExecutor, type RunStep, type StepOutcome } from './composite-executor.ts';
import { executorConformance } from './executor.conformance.ts';
import { EffectUnclearError } from './executor.ts';

type Step = { id: string; needs?: string[]; onFailure?: 'stop' | 'continue'; payload?: unknown };

const callWith = (steps: Step[], payload: unknown = {}) =>
  callOf(payload, { composite: { steps: steps.map((step) => ({ action: 'probe', payload: {}, ...step })) } });
const completed = (result: unknown): StepOutcome => ({ status: 'COMPLETED', result, executor_id: 'echo_executor_v1' });
const broken: StepOutcome = { status: 'FAILED', error: { code: 'UPSTREAM_REJECTED', message: 'no', class: 'upstream' } };
const echo: RunStep = async ({ payload }) => completed(payload);
const failing =
  (...ids: string[]): RunStep =>
  async ({ id }) =>
    ids.includes(id) ? broken : completed(id);

executorConformance('composite_executor_v1', true, async () => ({
  executor: compositeExecutor({
    runStep: ({ id, payload }, signal) =>
      id === 'forever'
        ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
        : Promise.resolve(completed(payload)),
  }),
  good: callWith([{ id: 'a', payload: { of: '{{payload.text}}' } }], { text: 'x' }),
  hanging: callWith([{ id: 'forever' }]),
  async [Symbol.asyncDispose]() {},
}));

describe('steps', () => {
  it('pass results on, and the last one is the output', async () => {
    const steps = [
      { id: 'double', payload: { of: '{{payload.n}}' } },
      { id: 'say', needs: ['double'], payload: { text: 'n={{steps.double.result.of}}', raw: '{{steps.double.result}}' } },
    ];
    const { result } = await compositeExecutor({ runStep: echo }).execute(callWith(steps, { n: 4 }));
    expect(result).toStrictEqual({
      steps: { double: completed({ of: 4 }), say: completed({ text: 'n=4', raw: { of: 4 } }) },
      output: { text: 'n=4', raw: { of: 4 } },
    });
  });

  it('that need nothing of each other run together', async () => {
    const both = Promise.withResolvers<void>();
    const running = new Set<string>();
    const runStep: RunStep = async ({ id }) => {
      running.add(id);
      if (running.size === 2) both.resolve();
      await both.promise;
      return completed(id);
    };
    const { result } = await compositeExecutor({ runStep }).execute(callWith([{ id: 'a' }, { id: 'b' }]));
    expect(result).toMatchObject({ output: { a: 'a', b: 'b' } });
  });

  it('start only when all they need has completed, whatever the graph', async () => {
    const graph = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(graph, fc.nat(), async (edges, order) => {
        const steps = edges.map((to, at) => ({
          id: `s${at}`,
          needs: at === 0 ? [] : [...new Set(to.map((index) => `s${index % at}`))],
        }));
        const declared = order % 2 === 0 ? steps : steps.toReversed();
        const ended = new Set<string>();
        const runStep: RunStep = async ({ id }) => {
          const { needs } = steps.find((step) => step.id === id) ?? { needs: [] };
          expect(needs.every((need) => ended.has(need))).toBe(true);
          await Promise.resolve();
          ended.add(id);
          return completed(id);
        };
        await compositeExecutor({ runStep }).execute(callWith(declared));
        expect(ended.size).toBe(steps.length);
      }),
    );
  });
});

describe('a step that does not complete', () => {
  it('stops what has not started, and the failure reports every step', async () => {
    const steps = [{ id: 'ok' }, { id: 'bad' }, { id: 'later', needs: ['ok', 'bad'] }];
    const error: unknown = await compositeExecutor({ runStep: failing('bad') })
      .execute(callWith(steps))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TerminalError);
    expect(error).toMatchObject({
      code: 'COMPOSITE_FAILED',
      partial: { steps: { ok: completed('ok'), bad: broken, later: { status: 'SKIPPED', because: 'bad' } }, output: null },
    });
  });

  it('that may fail leaves out only what needs it, near and far', async () => {
    const steps: Step[] = [
      { id: 'far', needs: ['near'] },
      { id: 'near', needs: ['bad'] },
      { id: 'bad', onFailure: 'continue' },
      { id: 'ok' },
    ];
    const { result } = await compositeExecutor({ runStep: failing('bad') }).execute(callWith(steps));
    expect(result).toStrictEqual({
      steps: {
        bad: broken,
        near: { status: 'SKIPPED', because: 'bad' },
        far: { status: 'SKIPPED', because: 'near' },
        ok: completed('ok'),
      },
      output: { far: null, ok: 'ok' },
    });
  });

  it('fails the whole where no last step completed', async () => {
    await expect(
      compositeExecutor({ runStep: failing('only') }).execute(callWith([{ id: 'only', onFailure: 'continue' }])),
    ).rejects.toMatchObject({ code: 'COMPOSITE_FAILED' });
  });

  it('is told as denied with its gate', async () => {
    const denied: StepOutcome = { status: 'DENIED', gate: 'G10', reason_codes: ['ACTION_NOT_AUTHORIZED'] };
    await expect(compositeExecutor({ runStep: async () => denied }).execute(callWith([{ id: 'a' }]))).rejects.toMatchObject({
      partial: { steps: { a: denied } },
    });
  });

  it.each([
    [
      new TerminalError('INPUT_INVALID', 'no'),
      { status: 'FAILED', error: { code: 'INPUT_INVALID', message: 'no', class: 'input' } },
    ],
    [
      new EffectUnclearError('gone'),
      { status: 'UNKNOWN', error: { code: 'EFFECT_UNCLEAR', message: 'gone', class: 'upstream' } },
    ],
  ])('%s is an outcome like any other', async (error, report) => {
    const runStep: RunStep = async () => {
      throw error;
    };
    await expect(compositeExecutor({ runStep }).execute(callWith([{ id: 'a' }]))).rejects.toMatchObject({
      code: 'COMPOSITE_FAILED',
      partial: { steps: { a: report } },
    });
  });

  it('has failed too where its template finds nothing', async () => {
    await expect(
      compositeExecutor({ runStep: echo }).execute(callWith([{ id: 'a', payload: '{{payload.missing}}' }])),
    ).rejects.toMatchObject({
      partial: { steps: { a: { status: 'FAILED', error: { code: 'TEMPLATE_VALUE_MISSING', class: 'input' } } } },
    });
  });

  it('for now is tried again with the whole, once the others have come to rest', async () => {
    const rested = Promise.withResolvers<void>();
    let ended = false;
    const runStep: RunStep = async ({ id }) => {
      if (id === 'later') throw new TemporaryError('BREAKER_OPEN', 'open', { retryAfterMs: 5, spendsAttempt: false });
      await rested.promise;
      ended = true;
      return completed(id);
    };
    const run = compositeExecutor({ runStep }).execute(callWith([{ id: 'later' }, { id: 'slow' }]));
    rested.resolve();
    await expect(run).rejects.toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: 5, spendsAttempt: false });
    expect(ended).toBe(true);
  });

  it('for a reason of its own is wrapped', async () => {
    const error: unknown = await compositeExecutor({ runStep: () => Promise.reject(new Error('bus away')) })
      .execute(callWith([{ id: 'a' }]))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TechnoError);
    expect(error).toMatchObject({ code: 'STEP_INTERRUPTED' });
  });
});

describe('a plan', () => {
  it.each<[string, Step[]]>([
    ['an unknown need', [{ id: 'a', needs: ['b'] }]],
    ['a need of itself', [{ id: 'a', needs: ['a'] }]],
    [
      'a cycle',
      [
        { id: 'a', needs: ['c'] },
        { id: 'b', needs: ['a'] },
        { id: 'c', needs: ['b'] },
      ],
    ],
    ['an id used twice', [{ id: 'a' }, { id: 'a' }]],
    ['a read of a step it does not need', [{ id: 'a' }, { id: 'b', payload: { x: ['{{steps.a.result}}'] } }]],
  ])('with %s is refused before anything runs', async (_name, steps) => {
    let ran = false;
    const runStep: RunStep = async () => {
      ran = true;
      return completed(null);
    };
    await expect(compositeExecutor({ runStep }).execute(callWith(steps))).rejects.toMatchObject({ code: 'COMPOSITE_INVALID' });
    expect(ran).toBe(false);
  });

  it('may read what it needs through others', async () => {
    const steps = [
      { id: 'a', payload: 1 },
      { id: 'b', needs: ['a'] },
      { id: 'c', needs: ['b'], payload: '{{steps.a.result}}' },
    ];
    expect(await compositeExecutor({ runStep: echo }).execute(callWith(steps))).toMatchObject({ result: { output: 1 } });
  });
});
