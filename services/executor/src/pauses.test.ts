import { expect, it } from 'vitest';
import type { Breakers, BreakerState } from './executors/breaker.ts';
import { followBreakers } from './pauses.ts';

function breakersToTurn() {
  let listener: (name: string, state: BreakerState) => void = () => {};
  const breakers: Breakers = {
    for: () => ({ run: (work) => work() }),
    room: () => Number.POSITIVE_INFINITY,
    state: () => 'closed',
    onChange(told) {
      listener = told;
      return () => true;
    },
  };
  return { breakers, turn: (name: string, state: BreakerState) => listener(name, state) };
}

it('an intake rests from the opening of its breaker until one call may try, and for no other', () => {
  const { breakers, turn } = breakersToTurn();
  let now = 1_000;
  const pauses = followBreakers(breakers, 10_000, { now: () => now });
  expect(pauses.openUntil('llm')).toBeUndefined();
  turn('llm', 'open');
  expect(pauses.openUntil('llm')).toBe(11_000);
  expect(pauses.openUntil('upstream:crm')).toBeUndefined();
  turn('llm', 'half-open');
  expect(pauses.openUntil('llm')).toBeUndefined();
  now = 12_000;
  turn('llm', 'open');
  expect(pauses.openUntil('llm')).toBe(22_000);
  turn('upstream:crm', 'open');
  turn('llm', 'closed');
  expect(pauses.openUntil('llm')).toBeUndefined();
  expect(pauses.openUntil('upstream:crm')).toBe(22_000);
});
