import type { Outgoing } from '@techno/actor';
import { type CanonicalEvent, GATES, HEADER, inputHash, verifyAllow } from '@techno/contracts';
import type { Endpoint } from '@techno/jetstream';
import { newW3cTraceId, traceIdFrom } from '@techno/kernel';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authorizer } from '../authorize.ts';
import type { Decided } from '../decide.ts';
import { createTelemetry } from '@techno/telemetry';
import { addKey, allowKeys, type Engine, enginePolicy, openEngine } from '../engine.fixture.ts';
import { decisionRequests } from './decisions.ts';

let test: TestDatabase;
let engine: Engine;
let endpoints: Endpoint[];
let published: Outgoing[];
let decided: Decided[];
let logged: CanonicalEvent[];

beforeAll(async () => {
  test = await createDatabase();
  engine = await openEngine(test.url('gate-engine'));
  await engine.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
  await engine.facts.load();
  endpoints = decisionRequests({
    ...engine,
    authorized: authorizer(engine),
    transport: {
      publish: async (message) => void published.push(message),
      schedule: () => Promise.reject(new Error('nothing here is scheduled')),
      reply() {},
    },
    onDecided: (one) => decided.push(one),
    logEvents: (events) => logged.push(...events),
    tracer: createTelemetry({ service: 'gate-engine', version: 'test', logLevel: 'silent', traceRatio: 0 }).tracer,
  });
});
beforeEach(() => {
  published = [];
  decided = [];
  logged = [];
});
afterAll(async () => {
  await engine.database.close();
  await test.drop();
});

async function ask(name: string, input: unknown): Promise<Record<string, never>> {
  const { contract, answer } = endpoints.find(({ contract }) => contract.name === name)!;
  return contract.output.parse(await answer(contract.input.parse(input))) as Record<string, never>;
}
async function keyWith(more: Parameters<typeof addKey>[1] = {}) {
  const key = await addKey(engine.credentials, more);
  await engine.facts.refresh();
  return key;
}
const rows = async (text: string, ...values: unknown[]) =>
  engine.database.query<Record<string, unknown>>({ name: `test-${text.slice(0, 40)}`, text }, values);
const address = '203.0.113.7';
const echo = { action: 'echo', context_id: 'default', payload: { text: 'hello' } };

describe('authorize', () => {
  it('says who it is and what it may', async () => {
    const { id, credential } = await keyWith({ role: 'admin' });
    expect(await ask('authorize', { credential, address, permission: 'keys:admin' })).toEqual({
      principal: { id, kind: 'api_key', role: 'admin' },
      permissions: ['keys:admin', 'policy:read'],
    });
    await expect(ask('authorize', { credential, address, permission: 'audit:verify' })).rejects.toMatchObject({
      code: 'PERMISSION_MISSING',
    });
  });
});

describe('decision.explain', () => {
  it('answers every gate of a request that would be let through, and counts nothing', async () => {
    const { id, credential } = await keyWith({ perMinute: 1 });
    for (let times = 0; times < 3; times++) {
      expect(await ask('decision.explain', { credential, address, request: echo, bytes: 60 })).toEqual({
        decision: 'ALLOW',
        policy_revision: 1,
        principal: { id, kind: 'api_key', role: 'developer' },
        executor: 'echo_executor_v1',
        gates: GATES.map((gate) => ({ gate, verdict: 'pass' })),
      });
    }
    expect(await rows('select * from rate_windows where key like $1', `${id}%`)).toEqual([]);
    expect(await rows('select * from decisions')).toEqual([]);
    expect(published).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('goes on after the first DENY', async () => {
    const { credential } = await keyWith({ role: 'guest', contexts: ['default'] });
    const request = { action: 'raw', context_id: 'elsewhere', payload: { text: 'a\u0000b' } };
    const explained = (await ask('decision.explain', { credential, address, request, bytes: 60 })) as unknown as {
      decision: string;
      executor?: string;
      gates: { gate: string; verdict: string; reason_code?: string }[];
    };
    expect(explained.decision).toBe('DENY');
    expect(explained.executor).toBeUndefined();
    const said = explained.gates.flatMap(({ gate, reason_code: reason }) => (reason === undefined ? [] : [`${gate} ${reason}`]));
    expect(said).toEqual(['G5 CONTEXT_UNKNOWN', 'G7 CONTENT_UNSAFE', 'G10 ACTION_NOT_AUTHORIZED']);
  });

  it('of nobody is a DENY by G1', async () => {
    const explained = await ask('decision.explain', { credential: { kind: 'none' }, address, request: echo, bytes: 60 });
    expect(explained).toMatchObject({ decision: 'DENY' });
    expect(explained['principal']).toBeUndefined();
  });
});

describe('decision.step', () => {
  const step = (principal: { id: string; kind: 'api_key'; role: string }, more: object = {}) => ({
    trace_id: traceIdFrom(newW3cTraceId(Date.now())),
    parent_decision_id: 'dec_parent',
    step: 'first',
    request: echo,
    principal,
    replay: 0,
    traceparent: `00-${'1b'.repeat(16)}-${'2c'.repeat(8)}-01`,
    ...more,
  });

  it('is decided and recorded under its own name, told, and signed for an executor', async () => {
    const { id } = await keyWith({ allowedAddresses: ['10.0.0.0/8'] });
    const input = step({ id, kind: 'api_key', role: 'developer' });
    const answer = (await ask('decision.step', input)) as unknown as {
      decision: { decision_id: string; policy_revision: number };
      allow: { executor: string; fallbacks: string[]; expires_at: string; key_id: string; signature: string };
    };
    expect(answer).toMatchObject({ outcome: 'ALLOW', allow: { executor: 'echo_executor_v1' } });
    const { decision, allow } = answer;
    const claim = {
      decisionId: decision.decision_id,
      traceId: input.trace_id,
      action: 'echo',
      inputHash: inputHash(echo),
      principal: `${input.principal.role} ${input.principal.id}`,
      policyRevision: decision.policy_revision,
      executor: [allow.executor, ...allow.fallbacks].join(','),
      expiresAt: allow.expires_at,
    };
    expect(verifyAllow(claim, { keyId: allow.key_id, signature: allow.signature }, allowKeys, Date.now())).toBe('valid');
    expect(await rows('select decision_id, outcome from decisions where trace_id = $1', `${input.trace_id}/first`)).toEqual([
      { decision_id: decision.decision_id, outcome: 'ALLOW' },
    ]);
    expect(published).toMatchObject([{ subject: 'action.step_decided', headers: { [HEADER.traceparent]: input.traceparent } }]);
    expect(JSON.parse(published[0]!.data)).toMatchObject({ step: 'first', outcome: 'ALLOW', principal: input.principal });
    expect(logged.map(({ event }) => event)).toEqual(['GATE_EVALUATED', 'DECISION']);
    expect(decided).toHaveLength(1);
  });

  it('asked again is the same decision, published under the same id', async () => {
    const { id } = await keyWith();
    const input = step({ id, kind: 'api_key', role: 'developer' });
    const [first, second] = [await ask('decision.step', input), await ask('decision.step', input)];
    expect(second).toEqual(first);
    expect(published[1]?.id).toBe(published[0]?.id);
    const replayed = await ask('decision.step', { ...input, replay: 1 });
    expect(replayed['decision']).not.toEqual(first['decision']);
    expect(published[2]?.headers[HEADER.replay]).toBe('1');
  });

  it('is denied where its principal may not, or is good no more', async () => {
    const guest = await keyWith({ role: 'guest' });
    const raw = { action: 'raw', context_id: 'default', payload: {} };
    expect(await ask('decision.step', step({ id: guest.id, kind: 'api_key', role: 'guest' }, { request: raw }))).toMatchObject({
      outcome: 'DENY',
      gate: 'G10',
      reason_codes: ['ACTION_NOT_AUTHORIZED'],
    });
    const gone = await keyWith({ revokedAt: new Date(Date.now() - 1) });
    expect(await ask('decision.step', step({ id: gone.id, kind: 'api_key', role: 'developer' }))).toMatchObject({
      outcome: 'DENY',
      reason_codes: ['AUTHENTICATION_REVOKED'],
    });
    expect(await ask('decision.step', step({ id: 'key_nobody', kind: 'api_key', role: 'admin' }))).toMatchObject({
      outcome: 'DENY',
      reason_codes: ['AUTHENTICATION_INVALID_KEY'],
    });
  });

  it('is judged by the role on record, not by the one it is told', async () => {
    const { id } = await keyWith({ role: 'guest' });
    const raw = { action: 'raw', context_id: 'default', payload: {} };
    const answer = await ask('decision.step', step({ id, kind: 'api_key', role: 'developer' }, { request: raw }));
    expect(answer).toMatchObject({ outcome: 'DENY', reason_codes: ['ACTION_NOT_AUTHORIZED'] });
  });
});
