import type { ActionStatus, ActionView } from '@techno/contracts';
import { expect, it } from 'vitest';
import { answerFromRecord } from './from-record.ts';

const view = (status: ActionStatus, more: Partial<ActionView> = {}): ActionView => ({
  trace_id: `tr_${'0a'.repeat(16)}`,
  status,
  action: 'echo',
  context_id: 'default',
  replays: 0,
  ...more,
});

it.each(['ACCEPTED', 'ALLOWED'] as const)('%s is no ending', (status) => {
  expect(answerFromRecord(view(status))).toBeUndefined();
});

it.each<[ActionView, number, Record<string, unknown>]>([
  [
    view('COMPLETED', { result: { a: 1 }, executor_id: 'e', execution_time_ms: 3 }),
    200,
    { status: 'COMPLETED', result: { a: 1 } },
  ],
  [view('COMPLETED'), 200, { result: null }],
  [
    view('DENIED', { gate: 'G6', reason_codes: ['ACTION_UNKNOWN'] }),
    403,
    { code: 'ACTION_UNKNOWN', error: 'GATE_DENIED', gate: 'G6' },
  ],
  [view('FAILED', { error: { code: 'UPSTREAM_REJECTED', message: 'no' } }), 502, { code: 'UPSTREAM_REJECTED', detail: 'no' }],
  [view('UNKNOWN', { error: { code: 'EFFECT_UNCLEAR', message: '?' } }), 502, { code: 'ACTION_OUTCOME_UNKNOWN' }],
  [view('DEAD_LETTERED'), 502, { code: 'INTERNAL', action_status: 'DEAD_LETTERED' }],
])('%j answers %i', (action, status, body) => {
  expect(answerFromRecord(action)).toMatchObject({ status, body: { trace_id: action.trace_id, ...body } });
});
