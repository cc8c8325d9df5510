import { TerminalError } from '@techno/kernel';
import type { LlmPrice } from './config.ts';

export interface LlmUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * No fewer tokens than a text has, for any tokenizer in use: byte-level BPE averages four bytes of English to a token and is
 * seldom under two bytes for anything else. Counting them exactly would need each model's own vocabulary.
 */
export function estimatedTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 2);
}

export function costUsd(usage: LlmUsage, price: LlmPrice): number {
  return (usage.inputTokens * price.inputUsd + usage.outputTokens * price.outputUsd) / 1_000_000;
}

/** Throws a TerminalError LLM_COST_EXCEEDED where the dearest this call can become is above the cap: before it costs anything. */
export function assertAffordable(worst: LlmUsage, price: LlmPrice, maxCostUsd: number): void {
  const cost = costUsd(worst, price);
  if (cost > maxCostUsd) {
    throw new TerminalError('LLM_COST_EXCEEDED', `the call could cost $${cost.toFixed(4)}, more than the cap of $${maxCostUsd}`);
  }
}
