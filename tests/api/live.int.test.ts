import { SECOND } from '@techno/kernel';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/client.ts';
import { expectProblem } from '../support/problem.ts';
import { startStack, type Stack } from '../support/stack.ts';

/** Well past the second within which a change is to be live in every replica, as a machine may stall. */
const WITHIN = { timeoutMs: 10 * SECOND };

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ replicas: { 'gate-engine': 2, gateway: 2 } });
});
afterAll(() => stack?.stop());

const gateways = () => stack.processes.filter(({ service }) => service === 'gateway').map(({ url }) => url);

/** Several answers in a row, from both gateways and so from both gate-engines, all with that code (or all 200 without one). */
async function allAnswer(key: string, code: string | undefined, action = 'echo'): Promise<boolean> {
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      call(gateways()[n % 2]!, 'POST', '/v1/process', { key, body: { action, context_id: 'default', payload: {} } }),
    ),
  );
  return answers.every(({ status, body }) => (code === undefined ? status === 200 : body['code'] === code));
}
/** A key that every replica knows by now, without having used its rate. */
async function knownKey(role: string, more: object = {}): Promise<string> {
  const { key } = await stack.newKey(role, more);
  const known = async () => {
    const reads = await Promise.all(
      Array.from({ length: 12 }, (_, n) => call(gateways()[n % 2]!, 'GET', '/v1/actions', { key })),
    );
    return reads.every(({ body }) => body['code'] !== 'AUTHENTICATION_INVALID_KEY');
  };
  await until(known);
  return key;
}
const expectLive = (key: string, code: string | undefined, action?: string) =>
  until(() => allAnswer(key, code, action), { ...WITHIN, what: `${code ?? 'success'} everywhere` });

describe('a key', () => {
  it('works everywhere soon after it was made, and not after it was revoked', async () => {
    const { id, key } = await stack.newKey('developer');
    await expectLive(key, undefined);
    const revoked = await stack.call('POST', `/v1/keys/${id}/revoke`, { key: stack.rootKey });
    expect(revoked.body).toMatchObject({ id, status: 'revoked' });
    await expectLive(key, 'AUTHENTICATION_REVOKED');
    await until(async () => (await stack.call('GET', '/v1/actions', { key })).body['code'] === 'AUTHENTICATION_REVOKED', WITHIN);
    const again = await stack.call('POST', `/v1/keys/${id}/rotate`, { key: stack.rootKey, body: {} });
    expectProblem(again, 409, 'KEY_REVOKED');
  });

  it('rotated with overlap: both work, then only the new one', async () => {
    const old = await stack.newKey('developer', { limits: { perMinute: 5_000 } });
    const rotated = await stack.call('POST', `/v1/keys/${old.id}/rotate`, { key: stack.rootKey, body: { overlap_seconds: 8 } });
    expect(rotated.status).toBe(201);
    expect(rotated.headers.get('cache-control')).toBe('no-store');
    expect(rotated.body).toMatchObject({
      key: expect.stringMatching(/^sk_live_/),
      role: 'developer',
      limits: { perMinute: 5_000 },
      status: 'active',
      replaces: { id: old.id, status: 'expiring', replaced_by: rotated.body['id'] },
    });
    const fresh = String(rotated.body['key']);
    await expectLive(fresh, undefined);
    expect(await allAnswer(old.key, undefined)).toBe(true);
    await until(() => Date.now() >= Date.parse(String(rotated.body['replaces']['expires_at'])));
    await expectLive(old.key, 'AUTHENTICATION_EXPIRED');
    expect(await allAnswer(fresh, undefined)).toBe(true);
  });

  it('is shown once: a list has its hint and nothing to use', async () => {
    const { id, key } = await stack.newKey('developer', { mode: 'test' });
    expect(key).toMatch(/^sk_test_/);
    const { body, text } = await stack.call('GET', '/v1/keys', { key: stack.rootKey });
    expect(body['keys'].find((one: { id: string }) => one.id === id)).toMatchObject({
      hint: `${key.slice(0, 12)}…`,
      status: 'active',
    });
    expect(text).not.toContain(key.slice(12));
    expect(text).not.toContain('hash');
  });

  it('holds to its addresses and contexts', async () => {
    const elsewhere = await knownKey('developer', { allowed_addresses: ['198.51.100.0/24'] });
    expectProblem(await stack.submit('echo', {}, { key: elsewhere }), 403, 'ADDRESS_NOT_ALLOWED');
    const here = await knownKey('developer', { allowed_addresses: ['127.0.0.0/8'], contexts: ['team-*'] });
    expectProblem(await stack.submit('echo', {}, { key: here }), 403, 'CONTEXT_NOT_ALLOWED');
    expect((await stack.submit('echo', {}, { key: here, contextId: 'team-a' })).status).toBe(200);
  });

  it('cannot be made for a role that is not there', async () => {
    const answer = await stack.call('POST', '/v1/keys', { key: stack.rootKey, body: { name: 'x', role: 'admiral' } });
    expectProblem(answer, 422, 'ROLE_UNKNOWN');
    expectProblem(await stack.call('POST', '/v1/keys/key_gone/revoke', { key: stack.rootKey }), 404, 'KEY_UNKNOWN');
  });
});

describe('a policy', () => {
  it('changed is live in every replica by itself: an action switched off and on', async () => {
    const { key } = await stack.newKey('developer');
    await expectLive(key, undefined);
    await stack.applyPolicy((policy) => (policy.actions['echo']!.enabled = false));
    await expectLive(key, 'FEATURE_DISABLED');
    await stack.applyPolicy((policy) => (policy.actions['echo']!.enabled = true));
    await expectLive(key, undefined);
  });

  it('with its kill switch closes the system for everybody, root too, and for queries it does not', async () => {
    const { key } = await stack.newKey('developer');
    await stack.applyPolicy((policy) => (policy.killSwitch = true));
    await expectLive(key, 'SYSTEM_CLOSED');
    await expectLive(stack.rootKey, 'SYSTEM_CLOSED');
    expect((await stack.call('GET', '/v1/actions', { key })).status).toBe(200);
    await stack.applyPolicy((policy) => (policy.killSwitch = false));
    await expectLive(key, undefined);
  });

  it('in maintenance lets only its roles in', async () => {
    const [admin, developer] = [await stack.newKey('admin'), await stack.newKey('developer')];
    await stack.applyPolicy((policy) => Object.assign(policy, { maintenance: true, maintenanceRoles: ['admin'] }));
    await expectLive(developer.key, 'SYSTEM_CLOSED');
    await expectLive(admin.key, undefined);
    await stack.applyPolicy((policy) => Object.assign(policy, { maintenance: false }));
    await expectLive(developer.key, undefined);
  });

  it('that is none is refused with every place, and the one in force stays', async () => {
    const { body: before } = await stack.call('GET', '/v1/policy', { key: stack.rootKey });
    const document = { ...before['document'], contexts: [], sources: { demo: { role: 'gone' } } };
    const answer = await stack.call('PUT', '/v1/policy', { key: stack.rootKey, body: { document } });
    expectProblem(answer, 422, 'POLICY_INVALID');
    expect(answer.body['errors']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: '/contexts' }),
        expect.objectContaining({ path: '/sources/demo/role' }),
      ]),
    );
    const { body: after } = await stack.call('GET', '/v1/policy', { key: stack.rootKey });
    expect(after).toEqual(before);
  });

  it('can be checked dry, refused to the late, and read in every revision', async () => {
    const { body: now } = await stack.call('GET', '/v1/policy', { key: stack.rootKey });
    const put = (more: object) =>
      stack.call('PUT', '/v1/policy', { key: stack.rootKey, body: { document: now['document'], ...more } });
    expect((await put({ dry_run: true })).body).toEqual({ revision: now['revision'], applied: false });
    expectProblem(await put({ if_revision: Number(now['revision']) - 1 }), 409, 'POLICY_CONFLICT');
    expect((await put({ if_revision: now['revision'], note: 'same again' })).body).toEqual({
      revision: Number(now['revision']) + 1,
      applied: true,
    });
    const { body: history } = await stack.call('GET', '/v1/policy/history?limit=2', { key: stack.rootKey });
    expect(history['revisions']).toMatchObject([
      { revision: Number(now['revision']) + 1, note: 'same again' },
      { revision: now['revision'] },
    ]);
    const { body: first } = await stack.call('GET', '/v1/policy?revision=1', { key: stack.rootKey });
    expect(first).toMatchObject({ revision: 1, document: { version: 1 } });
    expectProblem(await stack.call('GET', '/v1/policy?revision=9999', { key: stack.rootKey }), 404, 'POLICY_UNKNOWN');
  });
});

it('a limit of 100 a minute holds over two gate-engines', async () => {
  const key = await knownKey('restricted');
  const answers = await Promise.all(
    Array.from({ length: 220 }, (_, n) =>
      call(gateways()[n % 2]!, 'POST', '/v1/process', { key, body: { action: 'echo', context_id: 'demo', payload: {} } }),
    ),
  );
  const passed = answers.filter(({ status }) => status === 200).length;
  expect(passed).toBeLessThanOrEqual(100);
  expect(passed).toBeGreaterThanOrEqual(95);
  expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
});
