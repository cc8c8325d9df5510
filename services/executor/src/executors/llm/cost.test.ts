import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assertAffordable, costUsd, estimatedTokens } from './cost.ts';

it('costs what the prices say', () => {
  expect(costUsd({ inputTokens: 1_000_000, outputTokens: 500_000 }, { inputUsd: 2, outputUsd: 8 })).toBe(6);
});

it('refuses a call that could cost more than its cap, and says both', () => {
  const worst = { inputTokens: 10_000, outputTokens: 1_000 };
  const price = { inputUsd: 10, outputUsd: 10 };
  expect(() => assertAffordable(worst, price, 0.11)).not.toThrow();
  expect(() => assertAffordable(worst, price, 0.1)).toThrow(
    expect.objectContaining({ code: 'LLM_COST_EXCEEDED', message: expect.stringMatching(/0\.1100.*0\.1/) }),
  );
});

it('never estimates fewer tokens than half the bytes', () => {
  fc.assert(fc.property(fc.string(), (text) => estimatedTokens(text) * 2 >= Buffer.byteLength(text)));
});
