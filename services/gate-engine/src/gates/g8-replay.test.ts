import { expect, it } from 'vitest';
import { known } from './facts.ts';
import { g8Replay } from './g8-replay.ts';
import { sampleInput } from './sample-input.ts';

it.each<[boolean, unknown]>([
  [false, 'pass'],
  [true, { reason: 'REPLAY_DETECTED' }],
])('G8: seen %s → %j', (seen, outcome) => {
  expect(g8Replay.check(sampleInput({ facts: { seen: known(seen) } }))).toEqual(outcome);
});
