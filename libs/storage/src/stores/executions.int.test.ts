import type { Effect } from '@techno/contracts';
import { MINUTE } from '@techno/kernel';
import fc from 'fast-check';
import { createDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExecutions, type Executions, type ExecutionState, type FinishRow, type StartRow } from './executions.ts';
import { createStoreRig, type StoreRig, traceId } from '../testing/store-rig.ts';

type Outcome = { by: string };

let rig: StoreRig;
let [a, b]: Executions<Outcome>[] = [];
let used = 0;
beforeAll(async () => {
  rig = createStoreRig(await createDatabase());
  a = createExecutions(await rig.open('executor'));
  b = createExecutions(await rig.open('executor'));
});
afterAll(() => rig.close());

const first = (): Executions<Outcome> => a as Executions<Outcome>;
const second = (): Executions<Outcome> => b as Executions<Outcome>;
const next = () => traceId(++used);
const at = new Date('2026-01-01T00:00:00Z');
const start = (id: string, more: Partial<StartRow> = {}): StartRow => ({
  traceId: id,
  step: '',
  decisionId: 'dec_1',
  effect: 'keyed',
  startedAt: at,
  leaseMs: MINUTE,
  ...more,
});
const finish = (id: string, more: Partial<FinishRow<Outcome>> = {}): FinishRow<Outcome> => ({
  traceId: id,
  step: '',
  decisionId: 'dec_1',
  effect: 'keyed',
  attempt: 1,
  state: 'completed',
  startedAt: at,
  finishedAt: at,
  outcome: { by: 'test' },
  ...more,
});
/** Puts a row into any state, as history would have. */
const put = (id: string, state: ExecutionState, effect: Effect, leased: boolean) =>
  rig.admin(
    `insert into executions (trace_id, step, decision_id, effect, state, attempt, started_at, leased_until)
     values ($1, '', 'dec_1', $2, $3, 3, now(), now() + $4 * interval '1 minute')`,
    [id, effect, state, leased ? 1 : -1],
  );

describe('start', () => {
  test('gives the first attempt, and holds the lease against everybody', async () => {
    const id = next();
    expect(await first().start(start(id))).toEqual({ kind: 'started', attempt: 1 });
    expect(await second().start(start(id))).toMatchObject({
      kind: 'busy',
      execution: { state: 'started', attempt: 1, leased: true },
    });
    expect(await first().find({ traceId: id, step: '' })).toMatchObject({
      state: 'started',
      decisionId: 'dec_1',
      outcome: undefined,
    });
    expect(await first().find({ traceId: id, step: 'other' })).toBeUndefined();
  });

  test('keeps the steps of an action apart', async () => {
    const id = next();
    for (const step of ['', 'one', 'two']) expect(await first().start(start(id, { step }))).toMatchObject({ kind: 'started' });
  });

  // What was there, whose effect it had, who asks now, under which decision; and what he is told.
  test.each<[ExecutionState, Effect, 'leased' | 'expired', Effect, 'same' | 'new', string]>([
    ['started', 'keyed', 'leased', 'keyed', 'same', 'busy'],
    ['started', 'keyed', 'leased', 'keyed', 'new', 'busy'],
    ['started', 'keyed', 'expired', 'keyed', 'same', 'started 4'],
    ['started', 'keyed', 'expired', 'keyed', 'new', 'started 4'],
    ['started', 'unkeyed', 'leased', 'unkeyed', 'same', 'busy'],
    ['started', 'unkeyed', 'expired', 'unkeyed', 'same', 'in_doubt'],
    ['started', 'unkeyed', 'expired', 'unkeyed', 'new', 'in_doubt'],
    // The doubt is about what was begun, whatever effect the one has who asks.
    ['started', 'unkeyed', 'expired', 'keyed', 'same', 'in_doubt'],
    ['started', 'keyed', 'expired', 'unkeyed', 'same', 'in_doubt'],
    ['retryable', 'keyed', 'expired', 'keyed', 'same', 'started 4'],
    ['retryable', 'unkeyed', 'expired', 'unkeyed', 'same', 'started 4'],
    ['completed', 'keyed', 'expired', 'keyed', 'same', 'ended'],
    ['completed', 'keyed', 'expired', 'keyed', 'new', 'ended'],
    ['failed', 'keyed', 'expired', 'keyed', 'same', 'ended'],
    ['failed', 'keyed', 'expired', 'keyed', 'new', 'started 4'],
    ['failed', 'unkeyed', 'expired', 'unkeyed', 'new', 'started 4'],
    ['unknown', 'unkeyed', 'expired', 'unkeyed', 'same', 'ended'],
    ['unknown', 'unkeyed', 'expired', 'unkeyed', 'new', 'started 4'],
  ])('on %s (%s, %s) by %s under the %s decision: %s', async (state, effect, lease, asks, decision, expected) => {
    const id = next();
    await put(id, state, effect, lease === 'leased');
    const started = await first().start(start(id, { effect: asks, decisionId: decision === 'same' ? 'dec_1' : 'dec_2' }));
    expect(started.kind === 'started' ? `started ${started.attempt}` : started.kind).toBe(expected);
    if (started.kind !== 'started') expect(started.execution).toMatchObject({ state, attempt: 3, decisionId: 'dec_1' });
  });

  test('of two at once gives one the attempt', async () => {
    const ids = Array.from({ length: 100 }, next);
    const both = await Promise.all([
      ...ids.map((id) => first().start(start(id))),
      ...ids.toReversed().map((id) => second().start(start(id))),
    ]);
    expect(both.filter(({ kind }) => kind === 'started')).toHaveLength(100);
    expect(both.filter(({ kind }) => kind === 'busy')).toHaveLength(100);
  });

  test('that meets an attempt which is then given back to be tried again is no end', async () => {
    const id = next();
    expect(await first().start(start(id))).toMatchObject({ kind: 'started' });
    const database = await rig.open('executor');
    // The other attempt fails for now just between the two statements of this start.
    const late = createExecutions<Outcome>({
      ...database,
      async query(statement, values) {
        if (statement.name === 'executions-find')
          await first().finish(finish(id, { state: 'retryable', outcome: { by: 'failed' } }));
        return database.query(statement, values);
      },
    });
    expect(await late.start(start(id))).toMatchObject({ kind: 'busy', execution: { state: 'retryable' } });
    expect(await second().start(start(id))).toEqual({ kind: 'started', attempt: 2 });
  });

  test('of two at once takes an expired lease over once', async () => {
    const ids = Array.from({ length: 50 }, next);
    for (const id of ids) await put(id, 'started', 'keyed', false);
    const both = await Promise.all([
      ...ids.map((id) => first().start(start(id))),
      ...ids.toReversed().map((id) => second().start(start(id))),
    ]);
    expect(both.filter((one) => one.kind === 'started' && one.attempt === 4)).toHaveLength(50);
    expect(both.filter(({ kind }) => kind === 'busy')).toHaveLength(50);
  });
});

describe('extend', () => {
  test('prolongs the lease of the attempt that holds the fence, and of no other', async () => {
    const id = next();
    await first().start(start(id, { leaseMs: 0 }));
    expect(await first().extend({ traceId: id, step: '', attempt: 1, leaseMs: MINUTE })).toBe(true);
    expect(await second().start(start(id))).toMatchObject({ kind: 'busy' });
    expect(await first().extend({ traceId: id, step: '', attempt: 2, leaseMs: MINUTE })).toBe(false);
    await first().finish(finish(id));
    expect(await first().extend({ traceId: id, step: '', attempt: 1, leaseMs: MINUTE })).toBe(false);
  });
});

describe('finish', () => {
  test('writes the outcome once', async () => {
    const id = next();
    await first().start(start(id));
    expect(await first().finish(finish(id))).toEqual({ kind: 'written' });
    expect(await second().finish(finish(id, { state: 'failed', outcome: { by: 'late' } }))).toMatchObject({
      kind: 'superseded',
      execution: { state: 'completed', outcome: { by: 'test' } },
    });
  });

  test('of an attempt that was taken over changes nothing', async () => {
    const id = next();
    await first().start(start(id, { leaseMs: 0 }));
    expect(await second().start(start(id))).toEqual({ kind: 'started', attempt: 2 });
    expect(await first().finish(finish(id, { attempt: 1 }))).toMatchObject({
      kind: 'superseded',
      execution: { state: 'started', attempt: 2, leased: true },
    });
    expect(await second().finish(finish(id, { attempt: 2, outcome: { by: 'second' } }))).toEqual({ kind: 'written' });
    expect(await first().find({ traceId: id, step: '' })).toMatchObject({ state: 'completed', outcome: { by: 'second' } });
  });

  test('that can be tried again opens the fence', async () => {
    const id = next();
    await first().start(start(id, { effect: 'unkeyed' }));
    await first().finish(finish(id, { effect: 'unkeyed', state: 'retryable' }));
    expect(await second().start(start(id, { effect: 'unkeyed' }))).toEqual({ kind: 'started', attempt: 2 });
  });

  test.each<[ExecutionState | 'nothing', 'same' | 'new', 'written' | 'superseded']>([
    ['nothing', 'same', 'written'],
    ['retryable', 'same', 'written'],
    ['completed', 'same', 'superseded'],
    ['completed', 'new', 'superseded'],
    ['failed', 'same', 'superseded'],
    ['failed', 'new', 'written'],
    ['unknown', 'same', 'superseded'],
    ['unknown', 'new', 'written'],
  ])('without effect after %s under the %s decision: %s', async (state, decision, expected) => {
    const id = next();
    if (state !== 'nothing') await put(id, state, 'none', false);
    const decisionId = decision === 'same' ? 'dec_1' : 'dec_2';
    expect((await first().finish(finish(id, { effect: 'none', decisionId }))).kind).toBe(expected);
  });

  test('without effect by two at once is written once, and both are told the same outcome', async () => {
    const ids = Array.from({ length: 100 }, next);
    const by = (one: Executions<Outcome>, name: string, order: string[]) =>
      order.map(async (id) => ({ id, name, result: await one.finish(finish(id, { effect: 'none', outcome: { by: name } })) }));
    const all = await Promise.all([...by(first(), 'first', ids), ...by(second(), 'second', ids.toReversed())]);
    for (const id of ids) {
      const [winner, loser] = all.filter((one) => one.id === id).toSorted((x, y) => (x.result.kind > y.result.kind ? -1 : 1));
      expect(winner?.result.kind).toBe('written');
      expect(loser?.result).toMatchObject({ kind: 'superseded', execution: { outcome: { by: winner?.name } } });
    }
  });

  test('keeps an outcome of any text, and a bad row fails alone', async () => {
    const [one, two, three] = [next(), next(), next()];
    const outcome = { by: '\u0000 \ud800 \\ " {}' };
    const results = await Promise.allSettled([
      first().finish(finish(one, { effect: 'none', outcome })),
      first().finish(finish(two, { effect: 'none', decisionId: '\u0000' })),
      first().finish(finish(three, { effect: 'none' })),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await second().find({ traceId: one, step: '' }))?.outcome).toEqual(outcome);
  });
});

/** The fence in a few lines: what holds, and since when. */
interface Model {
  state: ExecutionState | 'nothing';
  attempt: number;
  leased: boolean;
  effect: Effect;
  outcomes: number;
}

test('whatever workers do with it, an unkeyed effect in doubt is never begun again and an outcome is written once', async () => {
  const move = fc.oneof(
    fc.record({ kind: fc.constant('start' as const), by: fc.nat({ max: 1 }) }),
    fc.record({
      kind: fc.constant('finish' as const),
      by: fc.nat({ max: 1 }),
      state: fc.constantFrom('completed', 'failed', 'retryable'),
    }),
    fc.record({ kind: fc.constant('expire' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom<Effect>('keyed', 'unkeyed'), fc.array(move, { maxLength: 15 }), async (effect, moves) => {
      const id = next();
      const model: Model = { state: 'nothing', attempt: 0, leased: false, effect, outcomes: 0 };
      const held = [0, 0];
      for (const one of moves) {
        if (one.kind === 'expire') {
          await rig.admin(`update executions set leased_until = now() - interval '1 second' where trace_id = $1`, [id]);
          model.leased = false;
        } else if (one.kind === 'start') {
          const may =
            model.state === 'nothing' ||
            model.state === 'retryable' ||
            (model.state === 'started' && !model.leased && effect === 'keyed');
          const result = await [first(), second()][one.by]?.start(start(id, { effect }));
          expect(result?.kind === 'started').toBe(may);
          if (result?.kind !== 'started') continue;
          expect(result.attempt).toBe(model.attempt + 1);
          Object.assign(model, { state: 'started', attempt: result.attempt, leased: true });
          held[one.by] = result.attempt;
        } else {
          const attempt = held[one.by] ?? 0;
          if (attempt === 0) continue;
          const state = one.state as 'completed' | 'failed' | 'retryable';
          const result = await [first(), second()][one.by]?.finish(finish(id, { effect, attempt, state }));
          const may = model.state === 'started' && model.attempt === attempt;
          expect(result?.kind).toBe(may ? 'written' : 'superseded');
          if (!may) continue;
          model.state = state;
          if (state !== 'retryable') model.outcomes++;
        }
      }
      expect(model.outcomes).toBeLessThanOrEqual(1);
    }),
    { numRuns: 40 },
  );
});
