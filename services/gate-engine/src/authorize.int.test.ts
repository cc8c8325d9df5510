import { PERMISSIONS } from '@techno/contracts';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorizer } from './authorize.ts';
import { addKey, type Engine, enginePolicy, openEngine } from './engine.fixture.ts';

let test: TestDatabase;
let engine: Engine;
let authorized: ReturnType<typeof authorizer>;

beforeAll(async () => {
  test = await createDatabase();
  engine = await openEngine(test.url('gate-engine'));
  await engine.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
  await engine.facts.load();
  authorized = authorizer(engine);
});
afterAll(async () => {
  await engine.database.close();
  await test.drop();
});

async function keyWith(more: Parameters<typeof addKey>[1] = {}) {
  const key = await addKey(engine.credentials, more);
  await engine.facts.refresh();
  return key;
}
const ADDRESS = '203.0.113.7';

describe('who may ask', () => {
  it('has the permissions of its role, and no others', async () => {
    const { id, credential } = await keyWith({ role: 'admin' });
    expect(authorized(credential, ADDRESS, 'keys:admin')).toMatchObject({
      principal: { id, kind: 'api_key', role: 'admin' },
      permissions: ['keys:admin', 'policy:read'],
    });
    for (const permission of PERMISSIONS.filter((one) => one !== 'keys:admin' && one !== 'policy:read'))
      expect(() => authorized(credential, ADDRESS, permission)).toThrow(expect.objectContaining({ code: 'PERMISSION_MISSING' }));
  });

  it('is known without a permission where none is asked for', async () => {
    const { id, credential } = await keyWith({ role: 'guest' });
    expect(authorized(credential, ADDRESS)).toMatchObject({ principal: { id }, permissions: [] });
  });

  it('has none by a role the policy does not have, whatever its name', async () => {
    for (const role of ['gone', 'constructor', '__proto__']) {
      const { credential } = await keyWith({ role });
      expect(authorized(credential, ADDRESS).permissions).toEqual([]);
    }
  });

  it('has all of them as root', async () => {
    const { credential } = await keyWith({ role: 'root', root: true });
    for (const permission of PERMISSIONS) expect(authorized(credential, ADDRESS, permission).permissions).toEqual(PERMISSIONS);
  });
});

describe('who may not', () => {
  it.each([
    ['AUTHENTICATION_MISSING', async () => ({ credential: { kind: 'none' as const } })],
    ['AUTHENTICATION_INVALID_KEY', async () => ({ credential: { kind: 'api_key' as const, hash: 'unknown' } })],
    ['AUTHENTICATION_REVOKED', () => keyWith({ role: 'root', root: true, revokedAt: new Date(Date.now() - 1) })],
    ['AUTHENTICATION_EXPIRED', () => keyWith({ role: 'root', root: true, expiresAt: new Date(Date.now() - 1) })],
    ['ADDRESS_NOT_ALLOWED', () => keyWith({ role: 'root', root: true, allowedAddresses: ['198.51.100.7'] })],
  ])('is told %s, with its sentence', async (code, make) => {
    const { credential } = await make();
    expect(() => authorized(credential, ADDRESS, 'keys:admin')).toThrow(
      expect.objectContaining({ name: 'TerminalError', code, message: expect.stringMatching(/\.$/) }),
    );
  });

  it('is everybody when the facts are too old', async () => {
    const { credential } = await keyWith({ role: 'root', root: true });
    engine.clock.offsetMs = 10_000;
    try {
      expect(() => authorized(credential, ADDRESS)).toThrow(/facts are \d+ ms old/);
    } finally {
      engine.clock.offsetMs = 0;
    }
  });
});
