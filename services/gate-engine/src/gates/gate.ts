import type { ActionRequested, GateName, RateState, ReasonCode } from '@techno/contracts';
import type { Facts } from './facts.ts';

export interface GateInput {
  readonly request: ActionRequested;
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Why not. `message` replaces the sentence of the reason code; it never holds anything of the payload but a path. */
export interface Refusal {
  readonly reason: ReasonCode;
  readonly message?: string;
  readonly rate?: RateState;
}

export type GateOutcome = 'pass' | Refusal;

/** One question. Pure and synchronous: no clock, no IO. Whatever it throws is a DENY with GATE_ERROR. */
export interface Gate {
  readonly name: GateName;
  check(input: GateInput): GateOutcome;
}
