import type { KeyView } from '@techno/contracts';
import type { Endpoint } from '@techno/jetstream';
import { DAY, HOUR } from '@techno/kernel';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, enginePolicy, openEngine } from '../engine.fixture.ts';
import { keyRequests } from './keys.ts';

let test: TestDatabase;
let engine: Engine;
let endpoints: Endpoint[];
let made = 0;

beforeAll(async () => {
  test = await createDatabase();
  engine = await openEngine(test.url('gate-engine'));
  await engine.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
  await engine.facts.load();
  endpoints = keyRequests(engine);
});
afterAll(async () => {
  await engine.database.close();
  await test.drop();
});

/** Asks as the bus would: what comes in and what goes out both match the contract. */
async function ask<T>(name: string, input: unknown): Promise<T> {
  const { contract, answer } = endpoints.find(({ contract }) => contract.name === name)!;
  return contract.output.parse(await answer(contract.input.parse(input))) as T;
}
const issued = () => ({ hash: `hash-${++made}`, hint: 'sk_live_abcd…' });
const create = (key: object = {}) =>
  ask<KeyView>('key.create', { by: 'key_admin', key: { name: 'robot', role: 'developer', ...key }, ...issued() });
const identity = (hash: string) => engine.facts.identity({ kind: 'api_key', hash });
const hours = (count: number) => new Date(engine.clock.now() + count * HOUR).toISOString();

describe('key.create', () => {
  it('makes a key that is known at once, with what was asked for', async () => {
    const view = await create({
      contexts: ['team-*'],
      allowed_addresses: ['10.0.0.0/8'],
      limits: { perMinute: 5, perDay: 50 },
      expires_at: hours(1),
    });
    expect(view).toMatchObject({
      id: expect.stringMatching(/^key_[a-z0-9]+$/),
      name: 'robot',
      role: 'developer',
      hint: 'sk_live_abcd…',
      contexts: ['team-*'],
      allowed_addresses: ['10.0.0.0/8'],
      limits: { perMinute: 5, perDay: 50 },
      status: 'expiring',
      created_by: 'key_admin',
    });
    expect(view).not.toHaveProperty('hash');
    expect(identity(`hash-${made}`)).toMatchObject({ id: view.id, contexts: ['team-*'], limits: { perMinute: 5, perDay: 50 } });
  });

  it('is active everywhere and without end where nothing else was said', async () => {
    const view = await create();
    expect(view).toMatchObject({ status: 'active', contexts: ['*'], allowed_addresses: [], limits: {} });
    expect(view.expires_at).toBeUndefined();
  });

  it.each(['admiral', 'root', 'constructor', '__proto__'])(
    'refuses the role %s, which the policy does not have',
    async (role) => {
      await expect(create({ role })).rejects.toMatchObject({
        code: 'ROLE_UNKNOWN',
        message: expect.stringContaining('developer, guest, admin'),
      });
    },
  );

  it('takes a role that another replica was given a moment ago', async () => {
    const roles = { ...enginePolicy.roles, late: {} };
    await engine.policies.apply({ document: { ...enginePolicy, roles }, note: '', appliedBy: 'another replica' });
    expect(await create({ role: 'late' })).toMatchObject({ role: 'late', status: 'active' });
  });

  it('takes no key into which more than it asks for is put', async () => {
    for (const extra of [{ root: true }, { id: 'key_mine' }, { limits: { perMinute: 0 } }, { contexts: [] }, { name: '' }])
      await expect(create(extra)).rejects.toThrow();
  });
});

it('key.list has every key and no hash', async () => {
  const { id } = await create({ name: 'listed' });
  const { keys } = await ask<{ keys: KeyView[] }>('key.list', {});
  expect(keys.find((key) => key.id === id)).toMatchObject({ name: 'listed', status: 'active' });
  expect(JSON.stringify(keys)).not.toContain('hash-');
});

describe('key.rotate', () => {
  const rotate = (id: string, overlapSeconds: number) =>
    ask<{ record: KeyView; replaces: KeyView }>('key.rotate', {
      by: 'key_admin',
      id,
      overlap_seconds: overlapSeconds,
      ...issued(),
    });

  it('gives a key with the same rights, and the old one lives for the overlap', async () => {
    const old = await create({ contexts: ['team-*'], limits: { perDay: 9 }, allowed_addresses: ['10.0.0.1'] });
    const oldHash = `hash-${made}`;
    const { record, replaces } = await rotate(old.id, 3_600);
    const { id: _1, created_at: _2, ...rights } = old;
    expect(record).toMatchObject(rights);
    expect(record.id).not.toBe(old.id);
    expect(replaces).toMatchObject({ id: old.id, status: 'expiring', replaced_by: record.id });
    const lives = Date.parse(replaces.expires_at!) - engine.clock.now();
    expect(lives).toBeGreaterThan(3_590_000);
    expect(lives).toBeLessThanOrEqual(3_600_000);
    expect(identity(oldHash)?.expiresAt).toBe(Date.parse(replaces.expires_at!));
    expect(identity(`hash-${made}`)).toMatchObject({ id: record.id });
  });

  it('without overlap ends the old one now', async () => {
    const old = await create();
    const { replaces } = await rotate(old.id, 0);
    expect(replaces.status).toBe('expired');
  });

  it('never lets the old one live longer than it would have', async () => {
    const ending = await create({ expires_at: hours(1) });
    expect((await rotate(ending.id, DAY / 1_000)).replaces.expires_at).toBe(ending.expires_at);
    const over = await create({ expires_at: hours(-1) });
    expect((await rotate(over.id, DAY / 1_000)).replaces).toMatchObject({ status: 'expired', expires_at: over.expires_at });
    const twice = await create();
    const first = await rotate(twice.id, 60);
    expect((await rotate(twice.id, DAY / 1_000)).replaces.expires_at).toBe(first.replaces.expires_at);
  });

  it('refuses a key that was revoked or never was', async () => {
    const { id } = await create();
    await ask('key.revoke', { by: 'key_admin', id });
    await expect(rotate(id, 60)).rejects.toMatchObject({ code: 'KEY_REVOKED' });
    await expect(rotate('key_gone', 60)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  });
});

describe('key.revoke', () => {
  it('ends a key now, for good and known at once', async () => {
    const { id } = await create();
    const hash = `hash-${made}`;
    const view = await ask<KeyView>('key.revoke', { by: 'key_admin', id });
    expect(view.status).toBe('revoked');
    expect(identity(hash)?.revokedAt).toBe(Date.parse(view.revoked_at!));
    const again = await ask<KeyView>('key.revoke', { by: 'key_other', id });
    expect(again.revoked_at).toBe(view.revoked_at);
  });

  it('refuses a key that never was', async () => {
    await expect(ask('key.revoke', { by: 'key_admin', id: 'key_gone' })).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
  });
});
