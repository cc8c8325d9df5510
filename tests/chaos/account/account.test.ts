import { describe, expect, test } from 'vitest';
import { account, type Ledger, type Recorded } from './ledger.ts';
import { servesAgainAt } from './recovery.ts';

const recorded = (n: number, more: Partial<Recorded> = {}): Recorded => ({
  traceId: `tr_${n}`,
  id: `id-${n}`,
  status: 'COMPLETED',
  drives: 0,
  ends: 1,
  allowedAt: 1_000,
  executed: true,
  ...more,
});
const told = (n: number, said: string | undefined = 'COMPLETED', status = 200) => ({
  id: `id-${n}`,
  status,
  traceId: `tr_${n}`,
  said,
});

const GOOD: Ledger = {
  told: [told(1), told(2, 'ACCEPTED', 202), told(3, undefined, 503)],
  recorded: [recorded(1), recorded(2, { status: 'DENIED', executed: false })],
  effects: { counts: new Map([['id-1', 1]]), keys: new Map([['id-1', new Set(['k'])]]), firstAt: new Map([['id-1', 1_500]]) },
  readBack: new Map([
    ['tr_1', 'COMPLETED'],
    ['tr_2', 'DENIED'],
  ]),
  unallowed: [],
  untold: [],
  clocksApartMs: 50,
  trail: { ok: true },
};

test('promises that were kept', () => {
  expect(account(GOOD)).toMatchObject({
    accepted: 2,
    completed: 1,
    denied: 1,
    lost: [],
    doubled: [],
    unallowed: [],
    untold: [],
    contradictions: [],
  });
});

describe('a promise that was broken is found', () => {
  test.each<[string, 'lost' | 'doubled' | 'unallowed' | 'untold' | 'contradictions', Partial<Ledger>]>([
    ['not on record', 'lost', { recorded: [recorded(1)] }],
    ['on record, not ended', 'lost', { recorded: [recorded(1), recorded(2, { status: 'ALLOWED', executed: false })] }],
    [
      'taken in, nobody told, not ended',
      'lost',
      { recorded: [...GOOD.recorded, recorded(9, { status: 'ACCEPTED', executed: false })] },
    ],
    ['not found over HTTP', 'lost', { readBack: new Map([['tr_1', 'COMPLETED']]) }],
    ['two effects', 'doubled', { effects: { ...GOOD.effects, counts: new Map([['id-1', 2]]) } }],
    ['two keys for one effect', 'doubled', { effects: { ...GOOD.effects, keys: new Map([['id-1', new Set(['k', 'l'])]]) } }],
    ['two ends', 'doubled', { recorded: [recorded(1, { ends: 2 }), GOOD.recorded[1]!] }],
    ['one request under two ids', 'doubled', { told: [...GOOD.told, { ...told(2, 'ACCEPTED', 202), id: 'id-1' }] }],
    ['an effect before its ALLOW', 'unallowed', { effects: { ...GOOD.effects, firstAt: new Map([['id-1', 900]]) } }],
    ['an effect of nobody', 'unallowed', { effects: { ...GOOD.effects, firstAt: new Map([['id-7', 2_000]]) } }],
    ['an execution without ALLOW', 'unallowed', { unallowed: ['tr_1'] }],
    ['a gap in the trail', 'untold', { untold: ['tr_1'] }],
    [
      'told one thing, recorded another',
      'contradictions',
      { recorded: [recorded(1, { status: 'FAILED', executed: false }), GOOD.recorded[1]!] },
    ],
    ['executed, recorded as dead', 'contradictions', { recorded: [recorded(1, { status: 'DEAD_LETTERED' }), GOOD.recorded[1]!] }],
    ['a broken trail', 'contradictions', { trail: { ok: false, detail: 'row 3' } }],
  ])('%s', (_, where, change) => {
    expect(account({ ...GOOD, ...change })[where]).not.toEqual([]);
  });
});

describe('serving again', () => {
  const at = (dueAt: number, status = 200, took = 10) => ({ status, dueAt, answeredAt: dueAt + took });
  const every = (from: number, to: number, status?: number, took?: number) =>
    Array.from({ length: (to - from) / 100 }, (_, n) => at(from + n * 100, status, took));

  test.each([
    ['at once', every(0, 3_000), 0],
    ['after the last refusal', [...every(0, 1_000, 503), ...every(1_000, 3_000)], 1_000],
    [
      'not by one good answer among bad ones',
      [...every(0, 500, 0), at(500), ...every(600, 1_500, 0), ...every(1_500, 3_000)],
      1_500,
    ],
    ['not by slow answers', [...every(0, 1_000, 202, 6_000), ...every(1_000, 3_000)], 1_000],
    ['never', every(0, 3_000, 503), undefined],
    ['not yet: a good second is not over', every(0, 500), undefined],
    ['nobody asked', [], undefined],
  ])('%s', (_, answers, expected) => {
    expect(servesAgainAt(answers, 0, answers.length === 5 ? 500 : 3_000)).toBe(expected);
  });
});
