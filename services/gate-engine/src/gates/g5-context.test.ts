import { expect, it } from 'vitest';
import { g5Context } from './g5-context.ts';
import { sampleInput } from './sample-input.ts';

it.each<[string, string[], unknown]>([
  ['default', ['*'], 'pass'],
  ['default', ['default'], 'pass'],
  ['team-red', ['team-*'], 'pass'],
  ['team-red', ['default', 'team-r*'], 'pass'],
  ['team-red', ['default'], { reason: 'CONTEXT_NOT_ALLOWED' }],
  ['default', [], { reason: 'CONTEXT_NOT_ALLOWED' }],
  ['elsewhere', ['*'], { reason: 'CONTEXT_UNKNOWN' }],
  ['Default', ['*'], { reason: 'CONTEXT_UNKNOWN' }],
  ['', ['*'], { reason: 'CONTEXT_UNKNOWN' }],
  ['team-a\u202Eb', ['*'], { reason: 'CONTEXT_UNKNOWN' }],
  ['team-a\nb', ['*'], { reason: 'CONTEXT_UNKNOWN' }],
  ['__proto__', ['*'], { reason: 'CONTEXT_UNKNOWN' }],
])('G5: %j for %j → %j', (contextId, contexts, outcome) => {
  expect(g5Context.check(sampleInput({ contextId, identity: { contexts } }))).toEqual(outcome);
});
