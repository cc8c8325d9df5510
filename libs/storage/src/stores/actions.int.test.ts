import { ACTION_STATUSES } from '@techno/contracts';
import fc from 'fast-check';
import { createDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { type ActionPatch, type Actions, createActions, mergePatches, upsertActions } from './actions.ts';
import { createStoreRig, type StoreRig, traceId } from '../testing/store-rig.ts';

let rig: StoreRig;
let database: Database;
let actions: Actions;
let used = 1_000_000;
beforeAll(async () => {
  rig = createStoreRig(await createDatabase());
  database = await rig.open('auditor');
  actions = createActions(database);
});
afterAll(() => rig.close());

const next = () => traceId(++used);
const write = (patches: readonly ActionPatch[]) => database.transaction((query) => upsertActions(query, patches));
const statusAfter = async (...patches: Omit<ActionPatch, 'traceId'>[]) => {
  const id = next();
  for (const patch of patches) await write([{ traceId: id, ...patch }]);
  const row = await actions.find(id);
  return `${row?.status} ${row?.replay}`;
};

describe('a row', () => {
  test.each<[string, [ActionPatch['status'], number][], string]>([
    [
      'moves up',
      [
        ['ACCEPTED', 0],
        ['ALLOWED', 0],
        ['COMPLETED', 0],
      ],
      'COMPLETED 0',
    ],
    [
      'never moves down',
      [
        ['COMPLETED', 0],
        ['ALLOWED', 0],
        ['ACCEPTED', 0],
      ],
      'COMPLETED 0',
    ],
    [
      'takes the later of two ends',
      [
        ['FAILED', 0],
        ['COMPLETED', 0],
      ],
      'COMPLETED 0',
    ],
    [
      'ends in the dead letters',
      [
        ['FAILED', 0],
        ['DEAD_LETTERED', 0],
        ['COMPLETED', 0],
      ],
      'DEAD_LETTERED 0',
    ],
    [
      'starts again with a replay',
      [
        ['DEAD_LETTERED', 0],
        ['ACCEPTED', 1],
      ],
      'ACCEPTED 1',
    ],
    [
      'hears nothing more from before the replay',
      [
        ['ACCEPTED', 1],
        ['COMPLETED', 0],
      ],
      'ACCEPTED 1',
    ],
    [
      'ends again after a replay',
      [
        ['DENIED', 0],
        ['ACCEPTED', 1],
        ['ALLOWED', 1],
        ['FAILED', 1],
      ],
      'FAILED 1',
    ],
  ])('%s', async (_name, steps, expected) => {
    expect(await statusAfter(...steps.map(([status, replay]) => ({ status, replay })))).toBe(expected);
  });

  test('fills up, and keeps what a later message does not tell', async () => {
    const id = next();
    await write([{ traceId: id, status: 'ALLOWED', replay: 0, decisionId: 'dec_1', decidedAt: '2026-01-01T00:00:01.000Z' }]);
    await write([
      {
        traceId: id,
        status: 'ACCEPTED',
        replay: 0,
        action: 'echo',
        contextId: 'default',
        origin: 'api',
        receivedAt: '2026-01-01T00:00:00.000Z',
      },
    ]);
    await write([
      {
        traceId: id,
        status: 'COMPLETED',
        replay: 0,
        result: { text: 'h\u0000\ud800' },
        executorId: 'echo',
        executionTimeMs: 1.5,
      },
    ]);
    expect(await actions.find(id)).toMatchObject({
      status: 'COMPLETED',
      action: 'echo',
      context_id: 'default',
      origin: 'api',
      decision_id: 'dec_1',
      executor_id: 'echo',
      result: { text: 'h\u0000\ud800' },
      execution_time_ms: 1.5,
      received_at: new Date('2026-01-01T00:00:00.000Z'),
      decided_at: new Date('2026-01-01T00:00:01.000Z'),
      finished_at: null,
    });
    expect(await actions.find(next())).toBeUndefined();
  });

  test('takes what a caller may send as names, NUL and all, without refusing the others of its batch', async () => {
    const [bad, good] = [next(), next()];
    await write([
      { traceId: bad, status: 'ACCEPTED', replay: 0, action: 'a\u0000b', contextId: '\ud800', principal: 'p\u0000' },
      { traceId: good, status: 'ACCEPTED', replay: 0, action: 'echo' },
    ]);
    expect(await actions.find(good)).toMatchObject({ action: 'echo' });
    expect(await actions.find(bad)).toMatchObject({
      status: 'ACCEPTED',
      action: 'a\ufffdb',
      context_id: '\ufffd',
      principal: 'p\ufffd',
    });
  });
});

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const patch = fc.record({
  status: fc.constantFrom(...ACTION_STATUSES),
  replay: fc.integer({ min: 0, max: 2 }),
  action: optional(fc.constantFrom('echo', 'other')),
  contextId: optional(fc.constantFrom('default', 'team')),
  origin: optional(fc.constantFrom('api', 'webhook')),
  principal: optional(fc.constantFrom('key_1', 'key_2')),
  decisionId: optional(fc.constantFrom('dec_1', 'dec_2')),
  gate: optional(fc.constantFrom('G1', 'G6')),
  reasonCodes: optional(fc.array(fc.constantFrom('A', 'B'), { minLength: 1, maxLength: 2 })),
  executorId: optional(fc.constantFrom('echo_executor_v1')),
  result: optional(fc.jsonValue()),
  error: optional(fc.record({ code: fc.string() })),
  receivedAt: optional(fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:05.000Z')),
  finishedAt: optional(fc.constantFrom('2026-01-01T00:00:09.000Z')),
  executionTimeMs: optional(fc.integer({ min: 0, max: 9 })),
});

test('folding patches and writing them once is the same as writing them one by one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(patch, { minLength: 1, maxLength: 6 }), fc.nat({ max: 6 }), async (patches, cut) => {
      const [folded, single] = [next(), next()];
      const of = (id: string) => patches.map((one): ActionPatch => ({ traceId: id, ...one }));
      // In two batches, as it happens when a page of the stream ends in between.
      await write(mergePatches(of(folded).slice(0, cut)));
      await write(mergePatches(of(folded).slice(cut)));
      for (const one of of(single)) await write([one]);
      expect({ ...(await actions.find(folded)), trace_id: '' }).toEqual({ ...(await actions.find(single)), trace_id: '' });
    }),
    { numRuns: 60 },
  );
});

test('mergePatches keeps traces apart and in order', () => {
  const merged = mergePatches([
    { traceId: 'b', status: 'ACCEPTED', replay: 0 },
    { traceId: 'a', status: 'COMPLETED', replay: 0, result: 1 },
    { traceId: 'b', status: 'DENIED', replay: 0, gate: 'G1' },
    { traceId: 'a', status: 'ALLOWED', replay: 0, decisionId: 'dec' },
  ]);
  expect(merged).toEqual([
    { traceId: 'b', status: 'DENIED', replay: 0, gate: 'G1' },
    { traceId: 'a', status: 'COMPLETED', replay: 0, result: 1, decisionId: 'dec' },
  ]);
  expect(mergePatches([])).toEqual([]);
});

describe('list', () => {
  const T0 = Date.parse('2026-03-01T00:00:00Z');
  const idAt = (n: number) => `tr_${(T0 + n * 1_000).toString(16).padStart(12, '0')}${n.toString(16).padStart(20, '0')}`;
  const timeAt = (n: number) => new Date(T0 + n * 1_000).toISOString();
  beforeAll(async () => {
    await rig.admin('truncate actions');
    await write(
      Array.from({ length: 200 }, (_, n): ActionPatch => ({
        traceId: idAt(n),
        status: n % 4 === 0 ? 'FAILED' : 'COMPLETED',
        replay: 0,
        action: n % 2 === 0 ? 'echo' : 'other',
        principal: n % 10 === 0 ? 'key_1' : 'key_2',
        receivedAt: timeAt(n),
      })),
    );
  });
  const numbers = async (filter: Partial<Parameters<Actions['list']>[0]>) =>
    (await actions.list({ limit: 500, ...filter })).map(({ trace_id }) => Number.parseInt(trace_id.slice(15), 16));
  const where = (wanted: (n: number) => boolean) =>
    Array.from({ length: 200 }, (_, n) => n)
      .filter(wanted)
      .toReversed();

  test.each<[string, Partial<Parameters<Actions['list']>[0]>, (n: number) => boolean]>([
    ['everything', {}, () => true],
    ['a status', { status: 'FAILED' }, (n) => n % 4 === 0],
    ['an action', { action: 'other' }, (n) => n % 2 === 1],
    ['a principal', { principal: 'key_1' }, (n) => n % 10 === 0],
    ['a time on', { from: timeAt(150) }, (n) => n >= 150],
    ['up to a time', { to: timeAt(50) }, (n) => n < 50],
    ['between two times', { from: timeAt(50), to: timeAt(60) }, (n) => n >= 50 && n < 60],
    ['a time in another zone', { from: '2026-03-01T02:02:30+02:00' }, (n) => n >= 150],
    [
      'all of it',
      { principal: 'key_1', status: 'FAILED', action: 'echo', from: timeAt(20), to: timeAt(90) },
      (n) => n % 20 === 0 && n >= 20 && n < 90,
    ],
    ['nothing', { action: 'unknown' }, () => false],
  ])('of %s, newest first', async (_name, filter, wanted) => {
    expect(await numbers(filter)).toEqual(where(wanted));
  });

  test('goes on below the last one seen, page by page, without a gap or a repeat', async () => {
    const seen: number[] = [];
    for (let before: string | undefined; ;) {
      const page = await actions.list({ status: 'FAILED', limit: 7, before });
      if (page.length === 0) break;
      seen.push(...page.map(({ trace_id }) => Number.parseInt(trace_id.slice(15), 16)));
      before = page.at(-1)?.trace_id;
    }
    expect(seen).toEqual(where((n) => n % 4 === 0));
  });

  test('of a time that is none is refused, not answered with everything', async () => {
    await expect(numbers({ from: 'no time' })).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  });
});
