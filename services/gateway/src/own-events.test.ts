import type { CanonicalEvent, CanonicalEventName } from '@techno/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownEvents } from './own-events.ts';

const of = (traceId: string, event: CanonicalEventName, data: object = {}): CanonicalEvent => ({
  event,
  trace_id: traceId,
  at: '2026-11-20T10:00:00.000Z',
  data: { ...data },
});
/** One action's events by the messages they come in. */
const action = (traceId: string, principal: string | undefined): CanonicalEvent[][] => [
  [of(traceId, 'REQUEST_START')],
  [of(traceId, 'GATE_EVALUATED'), of(traceId, 'DECISION', { principal })],
  [of(traceId, 'EXECUTOR_SELECTED'), of(traceId, 'ACTION_STARTED'), of(traceId, 'ACTION_EXECUTED')],
  [of(traceId, 'REQUEST_END')],
];

describe('the events of one principal', () => {
  it('are all events of its actions, in order, the first ones once it is known whose they are', () => {
    const visible = ownEvents('key_1');
    const [start, decided, ran, end] = action('tr_1', 'key_1');
    expect(visible(start!)).toEqual([]);
    expect(visible(decided!)).toEqual([...start!, ...decided!]);
    expect(visible(ran!)).toEqual(ran);
    expect(visible(end!)).toEqual(end);
  });

  it('are none of anybody else`s, nor of nobody`s', () => {
    const visible = ownEvents('key_1');
    for (const principal of ['key_2', 'key_10', '', undefined])
      expect(action(`tr_${principal}`, principal).flatMap(visible)).toEqual([]);
  });

  it('are not shown by a step that another principal would decide', () => {
    const visible = ownEvents('key_1');
    const foreign = action('tr_1', 'key_2').flat();
    expect([...foreign, of('tr_1', 'DECISION', { principal: 'key_2', step: 'a' })].flatMap((event) => visible([event]))).toEqual(
      [],
    );
  });

  it('of everybody are all of them for who may read everybody`s', () => {
    const visible = ownEvents(undefined);
    const events = [...action('tr_1', 'key_1').flat(), ...action('tr_2', 'key_2').flat()];
    expect(visible(events)).toEqual(events);
  });

  it('are told apart in any mixture', () => {
    const owners = fc.array(fc.constantFrom('key_1', 'key_2', 'key_3', undefined), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(owners, fc.infiniteStream(fc.nat(1_000)), (principals, picks) => {
        const actions = principals.map((principal, index) => action(`tr_${index}`, principal));
        const own = new Set(principals.flatMap((principal, index) => (principal === 'key_1' ? [`tr_${index}`] : [])));
        const rest = actions.map((messages) => [...messages]);
        const visible = ownEvents('key_1');
        const shown: CanonicalEvent[] = [];
        while (rest.some(({ length }) => length > 0)) {
          const open = rest.filter(({ length }) => length > 0);
          const message = open[picks.next().value % open.length]?.shift() ?? [];
          shown.push(...visible(message));
        }
        expect(shown.every(({ trace_id: traceId }) => own.has(traceId))).toBe(true);
        for (const traceId of own) {
          const index = Number(traceId.slice(3));
          expect(shown.filter((event) => event.trace_id === traceId)).toEqual(actions[index]?.flat());
        }
      }),
    );
  });

  it('take bounded memory: of ten thousand undecided actions the oldest is forgotten', () => {
    const visible = ownEvents('key_1');
    for (let index = 0; index <= 10_000; index++) visible([of(`tr_${index}`, 'REQUEST_START')]);
    const decided = (index: number) => visible([of(`tr_${index}`, 'DECISION', { principal: 'key_1' })]).map(({ event }) => event);
    expect(decided(0)).toEqual(['DECISION']);
    expect(decided(1)).toEqual(['REQUEST_START', 'DECISION']);
  });
});
