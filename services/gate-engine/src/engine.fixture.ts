import { type ActionRequested, type Credential, parseAllowKeys, type PolicyInput } from '@techno/contracts';
import { newW3cTraceId, rfc3339, traceIdFrom } from '@techno/kernel';
import {
  createCredentials,
  createDecisions,
  createNonces,
  createPolicies,
  createRates,
  type Credentials,
  type Database,
  openDatabase,
  type Policies,
} from '@techno/storage';
import { createDecider, type Decider, type DecisionRecord } from './decide.ts';
import { samplePolicyInput } from './gates/sample-input.ts';
import { createLimiter } from './limiter.ts';
import { createLiveFacts, type LiveFacts } from './live-facts.ts';

export const allowKeys = parseAllowKeys(`k1:${'7e'.repeat(32)}`);
export const ALLOW_LIFETIME_MS = 60_000;

/** One gate-engine's parts on a real database, on a clock the test may turn. */
export interface Engine {
  readonly database: Database;
  readonly credentials: Credentials;
  readonly policies: Policies;
  readonly facts: LiveFacts;
  readonly decider: Decider;
  readonly clock: { offsetMs: number; now(): number };
  readonly problems: string[];
}

export async function openEngine(url: string): Promise<Engine> {
  const database = await openDatabase({ url, applicationName: 'gate-engine-test' });
  const clock = { offsetMs: 0, now: () => Date.now() + clock.offsetMs };
  const credentials = createCredentials(database);
  const policies = createPolicies(database);
  const problems: string[] = [];
  const facts = createLiveFacts({ credentials, policies, clock, onProblem: ({ problem }) => problems.push(problem) });
  const decider = createDecider({
    facts,
    limiter: createLimiter({ rates: createRates(database), clock }),
    nonces: createNonces(database),
    decisions: createDecisions<DecisionRecord>(database),
    allowKeys,
    allowLifetimeMs: ALLOW_LIFETIME_MS,
    clock,
  });
  return { database, credentials, policies, facts, decider, clock, problems };
}

/** The sample policy, with a role that has every permission and a webhook source. */
export const enginePolicy = {
  ...samplePolicyInput,
  roles: {
    ...samplePolicyInput.roles,
    admin: { permissions: ['keys:admin', 'policy:read'] as const },
  },
  sources: { shop: { role: 'developer' } },
} satisfies Omit<PolicyInput, 'roles'> & { roles: object };

let made = 0;

/** A key on record; what is not said is as for a key without limits. Gives its id and its credential. */
export async function addKey(
  credentials: Credentials,
  more: Partial<Parameters<Credentials['create']>[0]> = {},
): Promise<{ id: string; credential: Credential }> {
  const number = ++made;
  const hash = `hash-${number}`;
  const { id } = await credentials.create({
    id: `key_${number}`,
    hash,
    hint: 'sk_test_abcd…',
    name: `key ${number}`,
    role: 'developer',
    contexts: ['*'],
    allowedAddresses: [],
    perMinute: null,
    perDay: null,
    root: false,
    createdBy: 'test',
    expiresAt: null,
    revokedAt: null,
    replacedBy: null,
    ...more,
  });
  return { id, credential: { kind: 'api_key', hash } };
}

export function requestFrom(credential: Credential, more: Partial<ActionRequested> = {}): ActionRequested {
  const now = Date.now();
  return {
    trace_id: traceIdFrom(newW3cTraceId(now)),
    origin: 'api',
    credential,
    address: '203.0.113.7',
    request: { action: 'echo', context_id: 'default', payload: { text: 'hello' } },
    bytes: 40,
    received_at: rfc3339(now),
    replay: 0,
    ...more,
  };
}
