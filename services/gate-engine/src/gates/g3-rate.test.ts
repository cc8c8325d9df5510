import { expect, it } from 'vitest';
import { known, type RateFact } from './facts.ts';
import { g3Rate } from './g3-rate.ts';
import { rateState, sampleInput } from './sample-input.ts';

it.each<[RateFact, unknown]>([
  [{ state: 'ok', rate: rateState }, 'pass'],
  [{ state: 'unlimited' }, 'pass'],
  [
    { state: 'exceeded', rate: rateState },
    { reason: 'RATE_LIMIT_EXCEEDED', rate: rateState },
  ],
])('G3: %j → %j', (rate, outcome) => {
  expect(g3Rate.check(sampleInput({ facts: { rate: known(rate) } }))).toEqual(outcome);
});
