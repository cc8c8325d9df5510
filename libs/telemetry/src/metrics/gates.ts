import { GATES, type GateName, type GateVerdict } from '@techno/contracts';
import type { Registry } from 'prom-client';
import { type Cell, counterCells } from './cells.ts';

export interface GateMetrics {
  /** `gate_decisions_total{gate,decision}`; decision is `pass`, `deny` or `error`. */
  verdict(gate: GateName, verdict: GateVerdict['verdict']): void;
  /** `prompt_injection_blocked_total`. */
  readonly promptInjectionBlocked: Cell;
}

const VERDICTS = ['pass', 'deny', 'error'] as const satisfies readonly GateVerdict['verdict'][];

export function gateMetrics(registry: Registry): GateMetrics {
  const decisions = counterCells(registry, {
    name: 'gate_decisions_total',
    help: 'Verdicts by gate: pass, deny or error',
    labels: ['gate', 'decision'],
  });
  // Eleven counts for each action: the series are all known, so none is looked up.
  const cells = Object.fromEntries(
    GATES.map((gate) => [gate, Object.fromEntries(VERDICTS.map((decision) => [decision, decisions({ gate, decision })]))]),
  ) as Record<GateName, Record<GateVerdict['verdict'], Cell>>;
  const blocked = counterCells(registry, {
    name: 'prompt_injection_blocked_total',
    help: 'Requests denied because their content looked like prompt injection',
    labels: [],
  });
  return {
    verdict: (gate, verdict) => cells[gate][verdict].inc(),
    promptInjectionBlocked: blocked({}),
  };
}
