import { expect, it } from 'vitest';
import { g10Matrix } from './g10-matrix.ts';
import { sampleInput, type Spoiled } from './sample-input.ts';

const no = { reason: 'ACTION_NOT_AUTHORIZED' };

it.each<[string, Spoiled, unknown]>([
  ['granted', {}, 'pass'],
  ['granted in every context', { contextId: 'team-red' }, 'pass'],
  ['granted in another context', { identity: { role: 'guest' }, contextId: 'team-red' }, no],
  ['granted for another action', { identity: { role: 'guest' }, action: 'raw' }, no],
  ['a role without grants', { identity: { role: 'none' }, policy: { roles: { none: {} } } }, no],
  ['a role nobody defined', { identity: { role: 'ghost' } }, no],
  ['a role named like a property of objects', { identity: { role: 'constructor' } }, no],
  [
    'every action',
    {
      identity: { role: 'all' },
      action: 'raw',
      policy: { roles: { all: { allow: [{ actions: ['*'], contexts: ['team-*'] }] } } },
      contextId: 'team-a',
    },
    'pass',
  ],
  [
    'every action, elsewhere',
    { identity: { role: 'all' }, policy: { roles: { all: { allow: [{ actions: ['*'], contexts: ['team-*'] }] } } } },
    no,
  ],
  ['root, whatever its role', { identity: { role: 'ghost', root: true } }, 'pass'],
  ['root, for an action nobody knows', { identity: { root: true }, action: 'nothing' }, no],
])('G10: %s', (_name, spoiled, outcome) => {
  expect(g10Matrix.check(sampleInput(spoiled))).toEqual(outcome);
});
