import { TechnoError } from '@techno/kernel';
import { describe, expect, it } from 'vitest';
import type { Executor, ExecutorCall } from './executor.ts';

export interface ConformanceCase extends AsyncDisposable {
  readonly executor: Executor;
  /** One that succeeds. */
  readonly good: ExecutorCall;
  /** One that would go on until it is aborted. An executor that never waits for anything has none. */
  readonly hanging?: ExecutorCall;
}

/** JSON of every type and some that only look harmless. Deep ones come from outside too. */
const PAYLOADS: readonly [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 0],
  ['a boolean', true],
  ['a string', 'payload'],
  ['an empty list', []],
  ['an empty object', {}],
  ['a list of lists', [[[]]]],
  ['wrong types', { text: 5, document_url: {}, max_points: 'many', id: null }],
  ['a URL that is none', { document_url: 'http://[', id: '../..' }],
  ['prototype names', JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}')],
  ['lone surrogates and NUL', { text: '\ud800\u0000', id: '\udfff\r\n' }],
];

/** What every executor keeps to. Run by each one's own test; `waits` where it can wait for something, and has to stop waiting. */
export function executorConformance(name: string, waits: boolean, make: () => Promise<ConformanceCase>): void {
  describe(`${name} conforms`, () => {
    it('answers JSON that survives the way, and says what its effect is', async () => {
      await using given = await make();
      const output = await given.executor.execute(given.good);
      expect(given.executor.name).toMatch(/^[a-z]+_executor_v\d+$/);
      expect(['none', 'keyed', 'unkeyed']).toContain(given.executor.effect(given.good.spec));
      expect(output.executorId ?? given.executor.name).toMatch(new RegExp(`^${given.executor.name}(:[a-z0-9_.-]+)?$`));
      expect(JSON.parse(JSON.stringify(output.result))).toStrictEqual(output.result);
    });

    it('leaves the payload as it was', async () => {
      await using given = await make();
      const before = structuredClone(given.good.payload);
      await given.executor.execute({ ...given.good, payload: deepFrozen(given.good.payload) });
      expect(given.good.payload).toStrictEqual(before);
    });

    it.each(PAYLOADS)('answers or throws an error of ours for %s', async (_name, payload) => {
      await using given = await make();
      const thrown = await given.executor.execute({ ...given.good, payload }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (thrown !== undefined) expect(thrown).toBeInstanceOf(TechnoError);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    });

    it('starts nothing when it is already aborted, and throws the reason where it is ours', async () => {
      await using given = await make();
      const reason = new TechnoError('TIME_IS_UP');
      await expect(given.executor.execute({ ...given.good, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await expect(given.executor.execute({ ...given.good, signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'EXECUTION_ABORTED',
      });
    });

    it.runIf(waits)('ends soon after it is aborted', async () => {
      await using given = await make();
      expect(given.hanging).toBeDefined();
      const controller = new AbortController();
      const run = given.executor.execute({ ...(given.hanging ?? given.good), signal: controller.signal });
      setImmediate(() => controller.abort(new TechnoError('TIME_IS_UP')));
      await expect(run).rejects.toMatchObject({ code: 'TIME_IS_UP' });
    });
  });
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFrozen(part);
  return Object.freeze(value);
}
