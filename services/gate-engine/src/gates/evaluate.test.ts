import { GATES } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { ask } from './ask.ts';
import { evaluateGates, explainGates } from './evaluate.ts';
import { known } from './facts.ts';
import type { Gate } from './gate.ts';
import { gates } from './gates.ts';
import { rateState, sampleInput, samplePolicy } from './sample-input.ts';

it('the gates are the eleven, in order', () => {
  expect(gates.map(({ name }) => name)).toEqual(GATES);
});

describe('evaluateGates', () => {
  it('allows what every gate lets pass, with a verdict and a time for each', () => {
    let micros = 0;
    expect(evaluateGates(sampleInput(), { clockMicros: () => (micros += 1.26) })).toEqual({
      outcome: 'ALLOW',
      executor: 'echo_executor_v1',
      fallbacks: ['spare_executor_v1'],
      verdicts: GATES.map((gate) => ({ gate, verdict: 'pass', micros: 1.3 })),
    });
  });

  it('stops at the first gate that denies', () => {
    const evaluation = evaluateGates(sampleInput({ contextId: 'elsewhere', action: 'nothing' }));
    expect(evaluation).toMatchObject({
      outcome: 'DENY',
      gate: 'G5',
      reason_codes: ['CONTEXT_UNKNOWN'],
      message: 'The context_id is not known to the policy.',
    });
    expect(evaluation.verdicts.map(({ gate, verdict }) => `${gate} ${verdict}`)).toEqual([
      'G0 pass',
      'G1 pass',
      'G2 pass',
      'G3 pass',
      'G4 pass',
      'G5 deny',
    ]);
  });

  it('carries the state of the rate', () => {
    const evaluation = evaluateGates(sampleInput({ facts: { rate: known({ state: 'exceeded', rate: rateState }) } }));
    expect(evaluation).toMatchObject({ gate: 'G3', reason_codes: ['RATE_LIMIT_EXCEEDED'], rate: rateState });
  });

  it('denies with GATE_ERROR at the gate that throws, and keeps the cause from the caller', () => {
    const cause = new Error('redis at 10.0.0.1 is away');
    const evaluation = evaluateGates(
      sampleInput({
        facts: {
          seen: () => {
            throw cause;
          },
        },
      }),
    );
    expect(evaluation).toMatchObject({ outcome: 'DENY', gate: 'G8', reason_codes: ['GATE_ERROR'], error: cause });
    expect(evaluation.verdicts.at(-1)).toMatchObject({ gate: 'G8', verdict: 'error' });
    expect(evaluation.outcome === 'DENY' && evaluation.message).not.toContain('redis');
  });

  it('denies when the policy is gone after the last gate', () => {
    const policy = samplePolicy();
    let asked = 0;
    const count = sampleInput({ facts: { policy: () => (asked++, policy) } });
    evaluateGates(count);
    let left = asked - 1;
    const evaluation = evaluateGates(
      sampleInput({
        facts: {
          policy: () => {
            if (left-- <= 0) throw new Error('gone');
            return policy;
          },
        },
      }),
    );
    expect(evaluation).toMatchObject({ outcome: 'DENY', gate: 'G10', reason_codes: ['GATE_ERROR'] });
    expect(evaluation.verdicts.at(-1)).toMatchObject({ gate: 'G10', verdict: 'error' });
  });

  it('never records a negative time', () => {
    let micros = 100;
    const { verdicts } = evaluateGates(sampleInput(), { clockMicros: () => micros-- });
    expect(verdicts.every((verdict) => verdict.micros === 0)).toBe(true);
  });
});

describe('ask', () => {
  const gate = (outcome: unknown): Gate => ({ name: 'G5', check: () => outcome as never });

  it.each([undefined, null, true, 'PASS', 'allow', {}, { reason: 'NICE' }, { reason: 'toString' }, Promise.resolve('pass')])(
    'takes %j for no answer',
    (outcome) => {
      expect(ask(gate(outcome), sampleInput())).toMatchObject({ verdict: 'error', reason: 'GATE_ERROR' });
    },
  );
});

describe('explainGates', () => {
  it('goes on after the first DENY', () => {
    const {
      outcome,
      gate,
      gates: explained,
    } = explainGates(sampleInput({ contextId: 'elsewhere', policy: { killSwitch: true } }));
    expect({ outcome, gate }).toEqual({ outcome: 'DENY', gate: 'G5' });
    expect(explained.map((each) => each.gate)).toEqual(GATES);
    expect(explained.filter(({ verdict }) => verdict !== 'pass')).toEqual([
      { gate: 'G5', verdict: 'deny', reason_codes: ['CONTEXT_UNKNOWN'], message: 'The context_id is not known to the policy.' },
      { gate: 'G9', verdict: 'deny', reason_codes: ['SYSTEM_CLOSED'], message: 'The system is closed by its operators.' },
    ]);
  });

  it('says who would run what is allowed', () => {
    expect(explainGates(sampleInput())).toMatchObject({
      outcome: 'ALLOW',
      executor: 'echo_executor_v1',
      fallbacks: ['spare_executor_v1'],
    });
  });

  it('judges nobody it does not know', () => {
    const { outcome, gate, gates: explained } = explainGates(sampleInput({ facts: { identity: known(undefined) } }));
    expect({ outcome, gate }).toEqual({ outcome: 'DENY', gate: 'G1' });
    expect(explained.filter(({ verdict }) => verdict === 'error').map((each) => each.gate)).toEqual(['G2', 'G5', 'G10']);
  });
});
