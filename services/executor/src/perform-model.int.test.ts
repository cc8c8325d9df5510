import type { Effect } from '@techno/contracts';
import { TemporaryError, TerminalError } from '@techno/kernel';
import { type Database, openDatabase } from '@techno/storage';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EffectUnclearError, type Executor, type ExecutorOutput } from './executors/executor.ts';
import { concludeLost, type Outcome, perform, type PerformDeps, type Work } from './perform.ts';
import { performWorld, type PerformWorld, workOf } from './perform.fixture.ts';

/**
 * Deliveries of one allowed action, as the bus and the machines may mix them: several at work at once, each let go on when
 * the model says, killed before or after its effect, leases that run out meanwhile.
 */
type Step =
  | { readonly do: 'deliver'; readonly last: boolean }
  | { readonly do: 'answer'; readonly which: number; readonly how: 'succeed' | 'refuse' | 'retry' | 'unclear' | 'garbage' }
  | { readonly do: 'kill'; readonly which: number; readonly after: 'nothing' | 'effect' }
  | { readonly do: 'expire' }
  | { readonly do: 'bury' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), last: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(3),
      how: fc.constantFrom('succeed', 'refuse', 'retry', 'unclear', 'garbage'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('kill' as const), which: fc.nat(3), after: fc.constantFrom('nothing', 'effect') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bury' as const) }) },
);

interface Attempt {
  readonly done: Promise<void>;
  readonly act: (output: ExecutorOutput | Error) => void;
  readonly die: () => void;
}

/** What one machine with its own connection to the record would do. A dead one reaches nothing any more. */
function mortal(deps: PerformDeps): { deps: PerformDeps; die: () => void } {
  let dead = false;
  const alive = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async function (...args: Args): Promise<Result> {
      if (dead) throw new Error('killed');
      return call(...args);
    };
  const { start, extend, finish, find } = deps.executions;
  return {
    deps: { ...deps, executions: { start: alive(start), extend: alive(extend), finish: alive(finish), find: alive(find) } },
    die: () => void (dead = true),
  };
}

class Run {
  effects = 0;
  readonly told: Outcome[] = [];
  readonly work: Work;
  readonly #world: PerformWorld;
  readonly #effect: Effect;
  readonly #atWork: Attempt[] = [];
  #deliveries = 0;

  constructor(world: PerformWorld, effect: Effect) {
    this.#world = world;
    this.#effect = effect;
    this.work = workOf([]);
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'deliver':
        return this.deliver(next.last);
      case 'answer':
        return this.#let(next.which, (attempt) => {
          if (next.how === 'succeed' || next.how === 'garbage' || next.how === 'unclear') this.effects++;
          attempt.act(ANSWERS[next.how]());
        });
      case 'kill':
        return this.#let(next.which, (attempt) => {
          if (next.after === 'effect') this.effects++;
          attempt.die();
          attempt.act({ result: { ok: true } });
        });
      case 'expire':
        return this.#world.expireLease(this.work);
      case 'bury': {
        const lost = { ...this.work, executor: 'gone_executor_v1' };
        this.told.push(await concludeLost(lost, { code: 'ATTEMPTS_EXHAUSTED', message: '' }, this.#world.deps));
        return;
      }
    }
  }

  async deliver(last: boolean): Promise<void> {
    const { deps, die } = mortal(this.#world.deps);
    const entered = Promise.withResolvers<void>();
    const output = Promise.withResolvers<ExecutorOutput>();
    const executor: Executor = {
      name: 'held_executor_v1',
      effect: () => this.#effect,
      execute() {
        entered.resolve();
        return output.promise;
      },
    };
    const work = {
      ...this.work,
      executors: [executor],
      carrier: { ...this.work.carrier, attempt: ++this.#deliveries, lastAttempt: last },
    };
    const done = perform(work, deps).then(
      (outcome) => void this.told.push(outcome),
      () => {},
    );
    const reached = await Promise.race([entered.promise.then(() => 'at work'), done.then(() => 'over')]);
    if (reached === 'over') return;
    const act: Attempt['act'] = (given) => (given instanceof Error ? output.reject(given) : output.resolve(given));
    this.#atWork.push({ done, act, die });
  }

  /** No attempt is left hanging, every lease runs out, and the message comes again until it is answered. */
  async settle(): Promise<Outcome> {
    while (this.#atWork.length > 0) await this.take({ do: 'kill', which: 0, after: 'nothing' });
    for (;;) {
      await this.#world.expireLease(this.work);
      const before = this.told.length;
      await this.deliver(false);
      await this.take({ do: 'answer', which: 0, how: 'succeed' });
      const outcome = this.told[before];
      if (outcome !== undefined) return outcome;
    }
  }

  async #let(which: number, act: (attempt: Attempt) => void): Promise<void> {
    const [attempt] = this.#atWork.splice(which % Math.max(1, this.#atWork.length), 1);
    if (attempt === undefined) return;
    act(attempt);
    await attempt.done;
  }
}

const ANSWERS = {
  succeed: () => ({ result: { ok: true } }),
  garbage: () => ({ result: 'not an object' }),
  unclear: () => new EffectUnclearError('the connection broke'),
  refuse: () => new TerminalError('UPSTREAM_REJECTED', 'no'),
  retry: () => new TemporaryError('UPSTREAM_UNREACHABLE', 'nobody there'),
};

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createDatabase();
  database = await openDatabase({ url: test.url('executor'), applicationName: 'perform-model-test' });
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

it.each(['none', 'keyed', 'unkeyed'] as const)('effect %s: one outcome on record, whatever the order', async (effect) => {
  const world = performWorld(database);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const run = new Run(world, effect);
      for (const next of steps) await run.take(next);
      const outcome = await run.settle();
      const row = await world.row(run.work);
      expect(row).toMatchObject({ state: outcome.status.toLowerCase() });
      // Everybody who was ever told an outcome was told the one on record.
      for (const told of run.told) expect(told).toEqual(row?.['outcome']);
      if (effect === 'unkeyed') expect(run.effects).toBeLessThanOrEqual(1);
    }),
    { numRuns: 150 },
  );
});
