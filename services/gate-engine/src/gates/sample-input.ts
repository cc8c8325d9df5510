import type { ActionRequested, PolicyInput } from '@techno/contracts';
import { policyDocument } from '@techno/contracts';
import { type CompiledPolicy, compilePolicy } from '../policy/compile.ts';
import { type Facts, type Identity, known, type RateFact } from './facts.ts';
import type { GateInput } from './gate.ts';

/** For tests: a request that every gate lets pass, to be spoiled in one place. */

const NOW = Date.parse('2026-11-20T10:00:00Z');
export const rateState = { limit: 100, remaining: 0, resetSeconds: 30, windowSeconds: 60 };

export const samplePolicyInput = {
  version: 1,
  contexts: ['default', 'team-*'],
  payload: { maxBytes: 1_000, maxDepth: 4 },
  roles: {
    developer: { allow: [{ actions: ['echo', 'raw'], contexts: ['*'] }] },
    guest: { allow: [{ actions: ['echo'], contexts: ['default'] }] },
  },
  actions: {
    echo: {
      payload: {
        type: 'object',
        properties: { text: { type: 'string', maxLength: 500 }, deep: {}, list: { type: 'array', items: { type: 'integer' } } },
      },
      result: {},
      executors: ['echo_executor_v1', 'spare_executor_v1'],
    },
    raw: { payload: {}, result: {}, executors: ['echo_executor_v1'], promptInjection: 'ignore' },
  },
} satisfies PolicyInput;

export function samplePolicy(change: Partial<PolicyInput> = {}): CompiledPolicy {
  return compilePolicy(policyDocument.parse({ ...samplePolicyInput, ...change }), 7);
}

export const sampleIdentity: Identity = {
  id: 'key_1',
  kind: 'api_key',
  role: 'developer',
  contexts: ['*'],
  allowedAddresses: [],
  limits: {},
};

const policy = samplePolicy();
const plenty: RateFact = { state: 'ok', rate: { ...rateState, remaining: 99 } };

export interface Spoiled {
  readonly request?: Partial<ActionRequested>;
  readonly action?: string;
  readonly contextId?: string;
  readonly payload?: unknown;
  readonly identity?: Partial<Identity>;
  readonly policy?: Partial<PolicyInput>;
  readonly facts?: Partial<Facts>;
}

export function sampleInput(spoiled: Spoiled = {}): GateInput {
  return {
    now: NOW,
    request: {
      trace_id: `tr_${'a1'.repeat(16)}`,
      origin: 'api',
      credential: { kind: 'api_key', hash: 'ab'.repeat(32) },
      address: '203.0.113.7',
      request: {
        action: spoiled.action ?? 'echo',
        context_id: spoiled.contextId ?? 'default',
        payload: 'payload' in spoiled ? spoiled.payload : { text: 'hello' },
      },
      bytes: 80,
      received_at: '2026-11-20T10:00:00.000Z',
      replay: 0,
      ...spoiled.request,
    },
    facts: {
      identity: known({ ...sampleIdentity, ...spoiled.identity }),
      policy: known(spoiled.policy === undefined ? policy : samplePolicy(spoiled.policy)),
      rate: known(plenty),
      quota: known({ state: 'unlimited' }),
      seen: known(false),
      factsAgeMs: known(50),
      factsMaxAgeMs: 5_000,
      ...spoiled.facts,
    },
  };
}
