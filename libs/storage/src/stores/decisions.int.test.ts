import { createDatabase } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDecisions, type DecisionRow, type Decisions } from './decisions.ts';
import { createStoreRig, type StoreRig, traceId } from '../testing/store-rig.ts';

type Kept = { verdicts: string[] };

let rig: StoreRig;
let [a, b, c]: Decisions<Kept>[] = [];
let used = 0;
beforeAll(async () => {
  rig = createStoreRig(await createDatabase());
  a = createDecisions(await rig.open('gate-engine'));
  b = createDecisions(await rig.open('gate-engine'));
  c = createDecisions(await rig.open('gate-engine'));
});
afterAll(() => rig.close());
const by = (which: 0 | 1 | 2): Decisions<Kept> => [a, b, c][which] as Decisions<Kept>;

function allow(id: string, name: string, more: Partial<DecisionRow<Kept>> = {}): DecisionRow<Kept> {
  return {
    traceId: id,
    replay: 0,
    decisionId: `dec_${name}`,
    outcome: 'ALLOW',
    policyRevision: 3,
    inputHash: 'hash',
    decidedAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-01T00:05:00.000Z',
    record: { verdicts: ['pass', `\u0000 by ${name}`] },
    ...more,
  };
}
const next = () => traceId(++used);
const rounds = (id: string) =>
  rig.admin<{ round: number }>('select round from decisions where trace_id = $1 order by round', [id]);

test('is kept whole, and the first one holds', async () => {
  const id = next();
  expect(await by(0).record(allow(id, 'one'))).toEqual(allow(id, 'one'));
  expect(await by(1).record(allow(id, 'two', { decidedAt: '2026-01-01T00:04:59.999Z' }))).toEqual(allow(id, 'one'));
  expect(await rounds(id)).toEqual([{ round: 0 }]);
});

test('a DENY holds for ever', async () => {
  const id = next();
  const deny = allow(id, 'no', { outcome: 'DENY', expiresAt: undefined });
  await by(0).record(deny);
  expect(await by(1).record(allow(id, 'yes', { decidedAt: '2036-01-01T00:00:00.000Z' }))).toEqual(deny);
});

test('an expired ALLOW is decided again, in the next round, under its id, and that one holds', async () => {
  const id = next();
  await by(0).record(allow(id, 'one'));
  const later = { decidedAt: '2026-01-01T00:05:00.000Z', expiresAt: '2026-01-01T00:10:00.000Z' };
  expect(await by(1).record(allow(id, 'two', later))).toMatchObject({ decisionId: 'dec_one', ...later });
  expect(await by(0).record(allow(id, 'three', later))).toMatchObject({ decisionId: 'dec_one', ...later });
  expect(await by(0).record(allow(id, 'four', { decidedAt: '2026-01-01T00:06:00.000Z' }))).toMatchObject({
    decisionId: 'dec_one',
    ...later,
  });
  expect(await rounds(id)).toEqual([{ round: 0 }, { round: 1 }]);
});

test('an operator’s replay is decided anew', async () => {
  const id = next();
  await by(0).record(allow(id, 'one', { outcome: 'DENY', expiresAt: undefined }));
  expect(await by(0).record(allow(id, 'again', { replay: 1 }))).toMatchObject({ decisionId: 'dec_again', outcome: 'ALLOW' });
  expect(await by(1).record(allow(id, 'late', { replay: 0 }))).toMatchObject({ decisionId: 'dec_one', outcome: 'DENY' });
});

test('three replicas that decide at once, in any order, all go by the same one', async () => {
  const ids = Array.from({ length: 100 }, next);
  const decide = (which: 0 | 1 | 2, order: string[], more: Partial<DecisionRow<Kept>>) =>
    Promise.all(order.map((id) => by(which).record(allow(id, String(which), more))));
  for (const more of [{}, { decidedAt: '2026-01-01T00:05:00.000Z', expiresAt: '2026-01-01T01:00:00.000Z' }]) {
    const [one, two, three] = await Promise.all([decide(0, ids, more), decide(1, ids.toReversed(), more), decide(2, ids, more)]);
    for (const [place, id] of ids.entries()) {
      const said = [one[place], two[ids.length - 1 - place], three[place]];
      expect(new Set(said.map((row) => row?.decisionId)).size).toBe(1);
      expect(said.every((row) => row?.traceId === id)).toBe(true);
    }
  }
  expect(await rounds(ids[0] ?? '')).toEqual([{ round: 0 }, { round: 1 }]);
});

test('the same decision twice, because its answer was lost, is the same decision', async () => {
  const id = next();
  await by(0).record(allow(id, 'one'));
  expect(await by(0).record(allow(id, 'one'))).toEqual(allow(id, 'one'));
});
