import { expect, it } from 'vitest';
import { g0Trace } from './g0-trace.ts';
import { sampleInput } from './sample-input.ts';

it.each([
  [`tr_${'a1'.repeat(16)}`, 'pass'],
  ['', { reason: 'TRACE_INVALID' }],
  ['a1'.repeat(16), { reason: 'TRACE_INVALID' }],
  [`tr_${'0'.repeat(32)}`, { reason: 'TRACE_INVALID' }],
  [`tr_${'A1'.repeat(16)}`, { reason: 'TRACE_INVALID' }],
  [`tr_${'a1'.repeat(16)}\n`, { reason: 'TRACE_INVALID' }],
])('%j → %j', (traceId, outcome) => {
  expect(g0Trace.check(sampleInput({ request: { trace_id: traceId } }))).toEqual(outcome);
});
