import { type RateState, type ReasonCode, REASONS } from '@techno/contracts';
import type { Gate, GateInput } from './gate.ts';

/** What a gate said, with everything a caller is told. `error` is for the log only. */
export type Answer =
  | { readonly verdict: 'pass' }
  | {
      readonly verdict: 'deny' | 'error';
      readonly reason: ReasonCode;
      readonly message: string;
      readonly rate?: RateState;
      readonly error?: unknown;
    };

const PASS: Answer = { verdict: 'pass' };

/** Asks one gate. Never throws: a gate that throws, or answers what is no answer, has not let the request pass. */
export function ask(gate: Gate, input: GateInput): Answer {
  try {
    const outcome = gate.check(input);
    if (outcome === 'pass') return PASS;
    const { reason, message, rate } = outcome;
    if (!Object.hasOwn(REASONS, reason)) return failed(new TypeError(`${gate.name} gave the unknown reason '${reason}'`));
    return { verdict: 'deny', reason, message: message ?? REASONS[reason], ...(rate !== undefined && { rate }) };
  } catch (error) {
    return failed(error);
  }
}

/** The answer of a gate that could not be evaluated. */
export function failed(error: unknown): Answer & { verdict: 'error' } {
  return { verdict: 'error', reason: 'GATE_ERROR', message: REASONS.GATE_ERROR, error };
}
