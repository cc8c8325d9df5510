import type { GateName, GateVerdict, RateState, ReasonCode } from '@techno/contracts';
import { type Answer, ask, failed } from './ask.ts';
import { policyOf } from './facts.ts';
import type { Gate, GateInput } from './gate.ts';
import { gates } from './gates.ts';

export type Evaluation =
  | {
      readonly outcome: 'ALLOW';
      readonly verdicts: GateVerdict[];
      readonly executor: string;
      /** Executors to try, in order, when the first one cannot. */
      readonly fallbacks: string[];
    }
  | {
      readonly outcome: 'DENY';
      readonly gate: GateName;
      readonly reason_codes: ReasonCode[];
      readonly message: string;
      readonly rate?: RateState;
      readonly verdicts: GateVerdict[];
      /** What was thrown where the reason is GATE_ERROR. For the log, never for the caller. */
      readonly error?: unknown;
    };

/**
 * Decides one request: G0 to G10, the first gate that does not let it pass decides. Never throws. `clockMicros` times the
 * gates and decides nothing; it is monotonic, in microseconds.
 */
export function evaluateGates(
  input: GateInput,
  { clockMicros = monotonicMicros }: { clockMicros?: () => number } = {},
): Evaluation {
  const verdicts: GateVerdict[] = [];
  let since = clockMicros();
  for (const gate of gates) {
    const answer = ask(gate, input);
    const until = clockMicros();
    verdicts.push({ gate: gate.name, verdict: answer.verdict, micros: tenths(until - since) });
    since = until;
    if (answer.verdict !== 'pass') return denied(gate.name, answer, verdicts);
  }
  return allowed(input, verdicts);
}

/** What one gate would say. `reason_codes` and `message` are empty for a pass. */
export interface GateExplanation {
  readonly gate: GateName;
  readonly verdict: GateVerdict['verdict'];
  readonly reason_codes: ReasonCode[];
  readonly message: string;
  readonly rate?: RateState;
}

export interface Explanation {
  readonly outcome: Evaluation['outcome'];
  /** The gate that decides a DENY. */
  readonly gate?: GateName;
  /** Who would run it, for an ALLOW. */
  readonly executor?: string;
  readonly fallbacks?: string[];
  readonly gates: GateExplanation[];
}

/** What would be decided, gate by gate: goes on after the first DENY. Never throws. */
export function explainGates(input: GateInput): Explanation {
  const explained = gates.map((gate) => explain(gate, input));
  const evaluation = evaluateGates(input);
  if (evaluation.outcome === 'DENY') return { outcome: 'DENY', gate: evaluation.gate, gates: explained };
  return { outcome: 'ALLOW', executor: evaluation.executor, fallbacks: evaluation.fallbacks, gates: explained };
}

function explain(gate: Gate, input: GateInput): GateExplanation {
  const answer = ask(gate, input);
  if (answer.verdict === 'pass') return { gate: gate.name, verdict: 'pass', reason_codes: [], message: '' };
  const { verdict, reason, message, rate } = answer;
  return { gate: gate.name, verdict, reason_codes: [reason], message, ...(rate !== undefined && { rate }) };
}

function allowed(input: GateInput, verdicts: GateVerdict[]): Evaluation {
  try {
    const spec = policyOf(input.facts).actions.get(input.request.request.action)?.spec;
    const [executor, ...fallbacks] = spec?.executors ?? [];
    if (executor === undefined) throw new TypeError('the action has no executor');
    return { outcome: 'ALLOW', verdicts, executor, fallbacks };
  } catch (error) {
    // The last gate said yes by a policy that is gone a moment later: its verdict does not stand.
    const last = verdicts.at(-1);
    const rest = last === undefined ? [] : [...verdicts.slice(0, -1), { ...last, verdict: 'error' as const }];
    return denied('G10', failed(error), rest);
  }
}

function denied(gate: GateName, answer: Exclude<Answer, { verdict: 'pass' }>, verdicts: GateVerdict[]): Evaluation {
  const { reason, message, rate, error } = answer;
  return {
    outcome: 'DENY',
    gate,
    reason_codes: [reason],
    message,
    ...(rate !== undefined && { rate }),
    verdicts,
    ...(error !== undefined && { error }),
  };
}

function monotonicMicros(): number {
  return performance.now() * 1_000;
}

function tenths(micros: number): number {
  return Math.max(0, Math.round(micros * 10) / 10);
}
