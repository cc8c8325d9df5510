import { type ActionRequested, inputHash, verifyAllow, GATES } from '@techno/contracts';
import { openDatabase } from '@techno/storage';
import { createDatabase, startPostgres, type TestDatabase, type TestPostgres, until } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decided } from './decide.ts';
import { addKey, ALLOW_LIFETIME_MS, allowKeys, type Engine, enginePolicy, openEngine, requestFrom } from './engine.fixture.ts';

let test: TestDatabase;
let engine: Engine;

beforeAll(async () => {
  test = await createDatabase();
  engine = await openEngine(test.url('gate-engine'));
  await engine.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
  await engine.facts.load();
});
afterAll(async () => {
  await engine.database.close();
  await test.drop();
});

const known = async (more?: Parameters<typeof addKey>[1]) => {
  const key = await addKey(engine.credentials, more);
  await engine.facts.refresh();
  return key;
};

const query = (text: string, ...values: unknown[]) =>
  engine.database.query<Record<string, unknown>>({ name: `test-${text.slice(0, 40)}`, text }, values);
const recorded = (traceId: string) =>
  query('select decision_id, outcome, replay, round, record from decisions where trace_id = $1 order by replay, round', traceId);
const used = async (id: string) => {
  const rows = await query('select sum(used)::int as used from rate_windows where key like $1', `${id}:%`);
  return rows[0]?.['used'] ?? 0;
};

function claimOf(decided: Decided) {
  if (decided.outcome !== 'ALLOW') throw new Error(`denied: ${decided.body.reason_codes.join()}`);
  const { trace_id: traceId, request, principal, decision, allow } = decided.body;
  return {
    claim: {
      decisionId: decision.decision_id,
      traceId,
      action: request.action,
      inputHash: inputHash(request),
      principal: `${principal.role} ${principal.id}`,
      policyRevision: decision.policy_revision,
      executor: [allow.executor, ...allow.fallbacks].join(','),
      expiresAt: allow.expires_at,
    },
    signed: { keyId: allow.key_id, signature: allow.signature },
  };
}

describe('what is decided', () => {
  it('as ALLOW is on record, whole, and signed so that an executor believes it', async () => {
    const { id, credential } = await known();
    const message = requestFrom(credential);
    const decided = await engine.decider.decide(message);
    expect(decided.body).toMatchObject({
      trace_id: message.trace_id,
      request: message.request,
      principal: { id, kind: 'api_key', role: 'developer' },
      decision: { policy_revision: 1, input_hash: inputHash(message.request) },
      allow: { executor: 'echo_executor_v1', fallbacks: ['spare_executor_v1'] },
      received_at: message.received_at,
      replay: 0,
    });
    expect(decided.body.decision.micros).toHaveLength(GATES.length);
    expect(await recorded(message.trace_id)).toMatchObject([
      {
        decision_id: decided.body.decision.decision_id,
        outcome: 'ALLOW',
        record: { principal: { id }, executor: 'echo_executor_v1' },
      },
    ]);
    const { claim, signed } = claimOf(decided);
    expect(verifyAllow(claim, signed, allowKeys, engine.clock.now())).toBe('valid');
    expect(verifyAllow(claim, signed, allowKeys, engine.clock.now() + ALLOW_LIFETIME_MS + 1_000)).toBe('expired');
    expect(verifyAllow({ ...claim, executor: 'spare_executor_v1' }, signed, allowKeys, engine.clock.now())).toBe('bad_signature');
  });

  it('as DENY is on record with its reason', async () => {
    const { id, credential } = await known({ role: 'guest' });
    const message = requestFrom(credential, { request: { action: 'raw', context_id: 'default', payload: {} } });
    const decided = await engine.decider.decide(message);
    expect(decided).toMatchObject({
      outcome: 'DENY',
      body: { action: 'raw', context_id: 'default', gate: 'G10', reason_codes: ['ACTION_NOT_AUTHORIZED'], principal: { id } },
    });
    expect(await recorded(message.trace_id)).toMatchObject([
      { outcome: 'DENY', record: { gate: 'G10', reason_codes: ['ACTION_NOT_AUTHORIZED'] } },
    ]);
  });

  it('is on record before anybody is told', async () => {
    const { credential } = await known();
    const message = requestFrom(credential);
    const admin = await openDatabase({ url: test.adminUrl, applicationName: 'decide-test-admin' });
    const told: string[] = [];
    const deciding = await admin.transaction(async (sql) => {
      await sql({ name: 'hold', text: 'lock table decisions in exclusive mode' }, []);
      const pending = engine.decider.decide(message).then(({ outcome }) => told.push(outcome));
      await until(() =>
        admin.query({ name: 'waiting', text: 'select 1 from pg_locks where not granted' }, []).then(({ length }) => length),
      );
      expect(told).toEqual([]);
      // In an object: the transaction would wait for the promise itself.
      return { pending };
    });
    await deciding.pending;
    expect(told).toEqual(['ALLOW']);
    await admin.close();
  });

  it('holds: asked again, even by another replica and with a changed policy, it is the same decision', async () => {
    const { credential } = await known();
    const message = requestFrom(credential);
    const first = await engine.decider.decide(message);
    const other = await openEngine(test.url('gate-engine'));
    try {
      await other.policies.apply({ document: { ...enginePolicy, killSwitch: true }, note: '', appliedBy: 'test' });
      await other.facts.load();
      const again = await other.decider.decide(message);
      expect(again.outcome).toBe('ALLOW');
      expect(again.body).toEqual(first.body);
      expect(await other.decider.decide(requestFrom(credential))).toMatchObject({ body: { reason_codes: ['SYSTEM_CLOSED'] } });
    } finally {
      await other.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
      await other.database.close();
      await engine.facts.refresh();
    }
  });

  it('is one decision where two replicas decide at once', async () => {
    const { credential } = await known();
    const other = await openEngine(test.url('gate-engine'));
    await other.facts.load();
    const messages = Array.from({ length: 50 }, () => requestFrom(credential));
    const [here, there] = await Promise.all(
      [engine, other].map(({ decider }) => Promise.all(messages.map((message) => decider.decide(message)))),
    );
    expect(here!.map(({ body }) => body.decision.decision_id)).toEqual(there!.map(({ body }) => body.decision.decision_id));
    await other.database.close();
  });

  it('is decided anew for an operator replay, and only once per replay', async () => {
    const { credential } = await known();
    const message = requestFrom(credential);
    const ids: string[] = [];
    for (const replay of [0, 1, 1, 2]) {
      const { body } = await engine.decider.decide({ ...message, replay });
      expect(body.replay).toBe(replay);
      ids.push(body.decision.decision_id);
    }
    expect(new Set(ids).size).toBe(3);
    expect(ids[1]).toBe(ids[2]);
  });

  it('is decided anew when the ALLOW has expired', async () => {
    const { credential } = await known();
    const message = requestFrom(credential);
    const first = await engine.decider.decide(message);
    engine.clock.offsetMs = ALLOW_LIFETIME_MS + 1_000;
    try {
      await engine.facts.refresh();
      const second = await engine.decider.decide(message);
      // Under its id, so that nothing done under the first is done again, but decided anew.
      expect(second.body.decision.decision_id).toBe(first.body.decision.decision_id);
      expect(second.body.decision.decided_at > first.body.decision.decided_at).toBe(true);
      expect((await recorded(message.trace_id)).map(({ round }) => round)).toEqual([0, 1]);
      const { claim, signed } = claimOf(second);
      expect(verifyAllow(claim, signed, allowKeys, engine.clock.now())).toBe('valid');
    } finally {
      engine.clock.offsetMs = 0;
      await engine.facts.refresh();
    }
  });
});

describe('who is not let past G2', () => {
  it.each([
    ['unknown', async () => ({ id: 'nobody', credential: { kind: 'api_key' as const, hash: 'unknown' } })],
    ['revoked', () => known({ perMinute: 10, revokedAt: new Date(Date.now() - 1_000) })],
    ['expired', () => known({ perMinute: 10, expiresAt: new Date(Date.now() - 1_000) })],
    ['elsewhere', () => known({ perMinute: 10, allowedAddresses: ['198.51.100.0/24'] })],
  ])('takes no rate and claims no nonce: %s', async (_what, make) => {
    const { id, credential } = await make();
    const nonce = `nonce-${id}`;
    const decided = await engine.decider.decide(requestFrom(credential, { nonce }));
    expect(decided.outcome).toBe('DENY');
    expect(await used(id)).toBe(0);
    expect(await query('select * from nonces where nonce = $1', nonce)).toEqual([]);
  });
});

describe('rate and quota', () => {
  it('deny past the limit, with the seconds to wait', async () => {
    const { credential } = await known({ perMinute: 2 });
    const outcomes = [];
    for (let n = 0; n < 4; n++) outcomes.push(await engine.decider.decide(requestFrom(credential)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['ALLOW', 'ALLOW', 'DENY', 'DENY']);
    expect(outcomes[2]?.body).toMatchObject({
      gate: 'G3',
      reason_codes: ['RATE_LIMIT_EXCEEDED'],
      rate: { limit: 2, remaining: 0, windowSeconds: 60 },
    });
  });

  it('what the minute refuses does not use up the day', async () => {
    const { id, credential } = await known({ perMinute: 1, perDay: 10 });
    for (let n = 0; n < 5; n++) await engine.decider.decide(requestFrom(credential));
    const day = await query('select used::int from rate_windows where key = $1', `${id}:86400000:10`);
    expect(day).toEqual([{ used: 1 }]);
  });

  it('the day denies with QUOTA_EXCEEDED', async () => {
    const { credential } = await known({ perMinute: 100, perDay: 1 });
    await engine.decider.decide(requestFrom(credential));
    const second = await engine.decider.decide(requestFrom(credential));
    expect(second.body).toMatchObject({ gate: 'G9', reason_codes: ['QUOTA_EXCEEDED'], rate: { windowSeconds: 86_400 } });
  });
});

describe('a nonce', () => {
  it('is new once per caller', async () => {
    const [one, two] = [await known(), await known()];
    const decide = async (credential: ActionRequested['credential']) =>
      (await engine.decider.decide(requestFrom(credential, { nonce: 'msg_1' }))).body;
    expect(await decide(one.credential)).toHaveProperty('allow');
    expect(await decide(one.credential)).toMatchObject({ gate: 'G8', reason_codes: ['REPLAY_DETECTED'] });
    expect(await decide(two.credential)).toHaveProperty('allow');
  });

  it('of the same request decided again is no replay', async () => {
    const { credential } = await known();
    const message = requestFrom(credential, { nonce: 'msg_2' });
    await engine.decider.decide(message);
    expect(await engine.decider.decide({ ...message, replay: 1 })).toMatchObject({ outcome: 'ALLOW' });
  });

  it('of a webhook source counts for the source', async () => {
    const credential = { kind: 'webhook', source: 'shop' } as const;
    const decided = await engine.decider.decide(requestFrom(credential, { nonce: 'msg_3', origin: 'webhook' }));
    expect(decided.body.principal).toEqual({ id: 'webhook:shop', kind: 'webhook', role: 'developer' });
    expect(await query('select caller from nonces where nonce = $1', 'msg_3')).toEqual([{ caller: 'webhook:shop' }]);
  });
});

describe('while the record is away', () => {
  let server: TestPostgres;
  let own: Engine;
  let database: TestDatabase;

  beforeAll(async () => {
    server = await startPostgres({ durable: true });
    database = await createDatabase({ on: server });
    own = await openEngine(database.url('gate-engine'));
    await own.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
  });
  afterAll(async () => {
    await own.database.close();
    await server.stop();
  });

  it('nothing is decided; afterwards everything is, under the same ids as ever', async () => {
    const { credential } = await addKey(own.credentials);
    const limited = await addKey(own.credentials, { perMinute: 5 });
    await own.facts.load();
    const message = requestFrom(credential);
    const before = await own.decider.decide(message);
    await server.kill();
    const away = { name: 'TemporaryError', code: 'STORE_UNAVAILABLE', spendsAttempt: false };
    await expect(own.decider.decide(message)).rejects.toMatchObject(away);
    await expect(own.decider.decide(requestFrom(credential))).rejects.toMatchObject(away);
    await expect(own.decider.decide(requestFrom(limited.credential))).rejects.toMatchObject(away);
    // A denial too is only one when it is on record.
    await expect(own.decider.decide(requestFrom({ kind: 'none' }))).rejects.toMatchObject(away);
    await server.start();
    await own.facts.refresh();
    const rows = await own.database.query<{ n: number }>({ name: 'count', text: 'select count(*)::int as n from decisions' }, []);
    expect(rows).toEqual([{ n: 1 }]);
    const after = await own.decider.decide(message);
    expect(after.body.decision.decision_id).toBe(before.body.decision.decision_id);
  });

  it('facts that grow too old and cannot be confirmed deny instead; those that can be do not', async () => {
    const { credential } = await addKey(own.credentials);
    await own.facts.refresh();
    own.clock.offsetMs = 5_500;
    const admin = await openDatabase({ url: database.adminUrl, applicationName: 'decide-test-admin' });
    const rename = (from: string, to: string) => admin.query({ name: from, text: `alter table ${from} rename to ${to}` }, []);
    await rename('facts_revision', 'facts_elsewhere');
    const decided = await own.decider.decide(requestFrom(credential));
    await rename('facts_elsewhere', 'facts_revision');
    await admin.close();
    expect(decided.body).toMatchObject({ gate: 'G1', reason_codes: ['GATE_ERROR'] });
    const [one, other] = await Promise.all([
      own.decider.decide(requestFrom(credential)),
      own.decider.decide(requestFrom(credential)),
    ]);
    own.clock.offsetMs = 0;
    expect([one.outcome, other.outcome]).toEqual(['ALLOW', 'ALLOW']);
  });
});
