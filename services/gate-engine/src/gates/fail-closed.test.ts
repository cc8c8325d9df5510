import { describe, expect, it } from 'vitest';
import { ask } from './ask.ts';
import { evaluateGates } from './evaluate.ts';
import type { Facts } from './facts.ts';
import { gates } from './gates.ts';
import { rateState, sampleIdentity, sampleInput } from './sample-input.ts';

type FactName = Exclude<keyof Facts, 'factsMaxAgeMs'>;
const NAMES: readonly FactName[] = ['identity', 'policy', 'rate', 'quota', 'seen', 'factsAgeMs'];
/** Garbage that no fact may be. */
const NEVER: readonly unknown[] = [null, '', 'ok', Number.NaN, {}, [], Symbol('x'), () => true, Promise.resolve(true)];
const GARBAGE: Record<FactName, readonly unknown[]> = {
  identity: [
    undefined,
    true,
    1,
    { ...sampleIdentity, id: '' },
    { ...sampleIdentity, role: undefined },
    { ...sampleIdentity, kind: 7 },
    { ...sampleIdentity, contexts: '*' },
    { ...sampleIdentity, contexts: [1] },
    { ...sampleIdentity, allowedAddresses: undefined },
    { ...sampleIdentity, revokedAt: 'yesterday' },
    { ...sampleIdentity, revokedAt: Number.NaN },
    { ...sampleIdentity, expiresAt: null },
    { ...sampleIdentity, expiresAt: new Date(0) },
    { ...sampleIdentity, root: 'no' },
  ],
  policy: [undefined, true, 1, { revision: 1, actions: new Map(), knowsContext: () => true, allows: () => true }],
  rate: [
    undefined,
    true,
    1,
    { state: 'fine', rate: rateState },
    { state: 'ok' },
    { state: 'ok', rate: {} },
    { state: 'exceeded' },
  ],
  quota: [
    undefined,
    true,
    1,
    { state: 'fine', rate: rateState },
    { state: 'ok' },
    { state: 'ok', rate: {} },
    { state: 'exceeded' },
  ],
  seen: [undefined, 0, 1, 'false'],
  factsAgeMs: [undefined, true, -1, 5_001, Number.POSITIVE_INFINITY, 'now'],
};

const withFact = (name: FactName, fact: () => unknown) => evaluateGates(sampleInput({ facts: { [name]: fact } }));

it('the untouched sample is allowed', () => {
  expect(evaluateGates(sampleInput()).outcome).toBe('ALLOW');
});

describe.each(NAMES)('%s', (name) => {
  it('that throws is a DENY with GATE_ERROR', () => {
    const evaluation = withFact(name, () => {
      throw new Error('away');
    });
    expect(evaluation).toMatchObject({ outcome: 'DENY', reason_codes: ['GATE_ERROR'] });
    expect(evaluation.verdicts.at(-1)?.verdict).toBe('error');
  });

  it.each([...NEVER, ...GARBAGE[name]].map((value, index) => [index, value] as const))(
    'that is garbage (%i) is a DENY',
    (_index, value) => {
      expect(withFact(name, () => value).outcome).toBe('DENY');
    },
  );

  it('that is no function is a DENY', () => {
    expect(evaluateGates(sampleInput({ facts: { [name]: undefined } as never })).outcome).toBe('DENY');
  });
});

it.each([undefined, Number.NaN, -1, null, 'x', []])('a limit of age %j believes nothing', (factsMaxAgeMs) => {
  expect(evaluateGates(sampleInput({ facts: { factsAgeMs: () => 0, factsMaxAgeMs } as never })).outcome).toBe('DENY');
});

it('asks only for the facts of the gates that it reaches', () => {
  const asked = new Set<string>();
  const { facts } = sampleInput();
  const watched = Object.fromEntries(
    NAMES.map((name) => [
      name,
      () => {
        asked.add(name);
        return facts[name]();
      },
    ]),
  );
  evaluateGates(sampleInput({ request: { credential: { kind: 'none' } }, facts: watched }));
  expect([...asked]).toEqual([]);
  evaluateGates(sampleInput({ contextId: 'elsewhere', facts: watched }));
  expect([...asked].sort()).toEqual(['factsAgeMs', 'identity', 'policy', 'rate']);
});

it.each<[string, unknown]>([
  ['no request at all', undefined],
  ['no credential', { ...sampleInput().request, credential: undefined }],
  ['no inner request', { ...sampleInput().request, request: undefined }],
  [
    'an action that is no name',
    { ...sampleInput().request, request: { action: { toString: () => 'echo' }, context_id: 'default', payload: {} } },
  ],
])('%s is a DENY', (_name, request) => {
  expect(evaluateGates({ ...sampleInput(), request: request as never }).outcome).toBe('DENY');
});

const STALE = sampleInput({ facts: { factsAgeMs: () => 5_001 } });

it.each(gates.map((gate) => [gate.name, gate] as const))('%s believes no fact that is stale', (name, gate) => {
  // G0 looks at the request alone.
  expect(ask(gate, STALE)).toMatchObject(name === 'G0' ? { verdict: 'pass' } : { verdict: 'error', reason: 'GATE_ERROR' });
});
