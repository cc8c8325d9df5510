import type { Endpoint } from '@techno/jetstream';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, enginePolicy, openEngine } from '../engine.fixture.ts';
import { policyRequests } from './policies.ts';

let test: TestDatabase;
let engine: Engine;
let endpoints: Endpoint[];

beforeAll(async () => {
  test = await createDatabase();
  engine = await openEngine(test.url('gate-engine'));
  await engine.facts.load();
  endpoints = policyRequests(engine);
});
afterAll(async () => {
  await engine.database.close();
  await test.drop();
});

async function ask<T = Record<string, unknown>>(name: string, input: unknown): Promise<T> {
  const { contract, answer } = endpoints.find(({ contract }) => contract.name === name)!;
  return contract.output.parse(await answer(contract.input.parse(input))) as T;
}
const apply = (document: unknown, more: object = {}) =>
  ask<{ revision: number; applied: boolean }>('policy.apply', {
    by: 'key_admin',
    document,
    note: 'why',
    dry_run: false,
    ...more,
  });
const inForce = () => engine.facts.policy()?.revision;

describe('policy.apply', () => {
  it('before there is any: nothing to get, and the first is revision 1', async () => {
    await expect(ask('policy.get', {})).rejects.toMatchObject({ code: 'POLICY_UNKNOWN' });
    expect(await ask('policy.list', { limit: 10 })).toEqual({ revisions: [] });
    expect(await apply(enginePolicy, { if_revision: 0 })).toEqual({ revision: 1, applied: true });
    expect(inForce()).toBe(1);
  });

  it('is in force in this replica when it answers', async () => {
    const { revision } = await apply({ ...enginePolicy, maintenance: true });
    expect(engine.facts.policy()).toMatchObject({ revision, document: { maintenance: true } });
    expect(await ask('policy.get', {})).toMatchObject({
      revision,
      note: 'why',
      applied_by: 'key_admin',
      document: { maintenance: true },
    });
    expect(await ask('policy.get', { revision: 1 })).toMatchObject({ revision: 1, document: { maintenance: false } });
    await expect(ask('policy.get', { revision: 99 })).rejects.toMatchObject({ code: 'POLICY_UNKNOWN' });
  });

  it('dry: checks and changes nothing', async () => {
    const before = inForce();
    expect(await apply({ ...enginePolicy, killSwitch: true }, { dry_run: true })).toEqual({ revision: before, applied: false });
    expect(inForce()).toBe(before);
    await expect(apply({ version: 2 }, { dry_run: true })).rejects.toMatchObject({ code: 'POLICY_INVALID' });
  });

  it('refuses whoever did not see the last change', async () => {
    const before = inForce()!;
    await expect(apply(enginePolicy, { if_revision: before - 1 })).rejects.toMatchObject({ code: 'POLICY_CONFLICT' });
    expect(inForce()).toBe(before);
    expect(await apply(enginePolicy, { if_revision: before })).toMatchObject({ revision: before + 1 });
  });

  it('of two at once with the same revision in mind lets one through', async () => {
    const before = inForce();
    const ended = await Promise.allSettled([1, 2, 3].map(() => apply(enginePolicy, { if_revision: before })));
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const one of ended) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'POLICY_CONFLICT' });
  });

  it.each([
    ['no object', 'policy', [{ path: '' }]],
    ['an unknown field', { ...enginePolicy, killswitch: true }, [{ path: '' }]],
    ['a role that is not there', { ...enginePolicy, sources: { shop: { role: 'gone' } } }, [{ path: '/sources/shop/role' }]],
    [
      'several at once',
      { ...enginePolicy, version: 2, contexts: [], payload: { maxDepth: -1 } },
      [{ path: '/version' }, { path: '/contexts' }, { path: '/payload/maxDepth' }],
    ],
    [
      'a schema nobody can compile',
      {
        ...enginePolicy,
        actions: { ...enginePolicy.actions, echo: { ...enginePolicy.actions.echo, payload: { type: 'nonsense' } } },
      },
      [{ path: expect.stringContaining('/actions/echo/payload') }],
    ],
  ])('refuses %s whole, naming where, and the one in force stays', async (_what, document, issues) => {
    const before = inForce();
    const error = (await apply(document).catch((cause: unknown) => cause)) as { code: string; details: unknown };
    expect(error.code).toBe('POLICY_INVALID');
    expect(error.details).toEqual(expect.arrayContaining(issues.map((issue) => expect.objectContaining(issue))));
    expect(inForce()).toBe(before);
    const { revisions } = await ask<{ revisions: { revision: number }[] }>('policy.list', { limit: 1 });
    expect(revisions[0]?.revision).toBe(before);
  });
});

it('policy.list has the newest first and no documents', async () => {
  const { revisions } = await ask<{ revisions: { revision: number }[] }>('policy.list', { limit: 3 });
  expect(revisions.map(({ revision }) => revision)).toEqual([inForce()!, inForce()! - 1, inForce()! - 2]);
  expect(revisions[0]).not.toHaveProperty('document');
});
