import { SECOND } from '@techno/kernel';
import { createDatabase, startPostgres, type TestDatabase, until } from '@techno/testkit';
import type { Credentials } from '@techno/storage';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addKey, type Engine, enginePolicy, openEngine } from './engine.fixture.ts';
import { createLiveFacts } from './live-facts.ts';

let test: TestDatabase;
let here: Engine;
let there: Engine;
let stop: AbortController;
let running: Promise<unknown>;

beforeAll(async () => {
  test = await createDatabase();
  [here, there] = await Promise.all([openEngine(test.url('gate-engine')), openEngine(test.url('gate-engine'))]);
  await here.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
});
afterAll(async () => {
  await Promise.all([here.database.close(), there.database.close()]);
  await test.drop();
});
beforeEach(async () => {
  stop = new AbortController();
  await Promise.all([here.facts.load(), there.facts.load()]);
  running = Promise.all([here.facts.run(stop.signal), there.facts.run(stop.signal)]);
});
afterEach(async () => {
  stop.abort();
  await running;
});

/** Well past the second within which a change is to be live: a machine may stall, but nobody has to start anew or be told. */
const expectLive = (look: () => unknown) => until(() => Boolean(look()), { timeoutMs: 10 * SECOND, everyMs: 10 });
const expectBoth = (look: (engine: Engine) => unknown) => expectLive(() => look(here) && look(there));

describe('a change is live in every replica by itself', () => {
  it('of the policy', async () => {
    const applied = await here.policies.apply({ document: { ...enginePolicy, killSwitch: true }, note: '', appliedBy: 'test' });
    await expectBoth(({ facts }) => facts.policy()?.revision === applied?.revision && facts.policy()?.document.killSwitch);
    await there.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
    await expectBoth(({ facts }) => facts.policy()?.document.killSwitch === false);
  });

  it('of a key: made, ended, revoked', async () => {
    const { id, credential } = await addKey(here.credentials, { perMinute: 7, allowedAddresses: ['10.0.0.0/8'] });
    await expectBoth(({ facts }) => facts.identity(credential));
    expect(there.facts.identity(credential)).toEqual({
      id,
      kind: 'api_key',
      role: 'developer',
      contexts: ['*'],
      allowedAddresses: ['10.0.0.0/8'],
      limits: { perMinute: 7 },
      root: false,
    });
    const expiresAt = new Date(Date.now() + 60_000);
    await here.credentials.end(id, { expiresAt });
    await expectBoth(({ facts }) => facts.identity(credential)?.expiresAt === expiresAt.getTime());
    const revokedAt = new Date();
    await there.credentials.end(id, { revokedAt });
    await expectBoth(({ facts }) => facts.identity(credential)?.revokedAt === revokedAt.getTime());
  });

  it('and at once in the replica that made it', async () => {
    const { credential } = await addKey(here.credentials);
    await here.facts.refresh();
    expect(here.facts.identity(credential)).toBeDefined();
  });
});

it('an answer that comes late takes nothing back', async () => {
  // The first question's answer is held on its way until the second's has come.
  const given: (() => void)[] = [];
  const credentials: Credentials = {
    ...here.credentials,
    async all() {
      const keys = await here.credentials.all();
      if (given.length === 0) await new Promise<void>((resolve) => given.push(resolve));
      return keys;
    },
  };
  const facts = createLiveFacts({ credentials, policies: here.policies, clock: here.clock, onProblem: () => {} });
  const first = facts.refresh();
  await until(() => given.length === 1);
  const { id, credential } = await addKey(here.credentials);
  await facts.refresh();
  given[0]?.();
  await first;
  expect(facts.identity(credential)).toMatchObject({ id });
  // What it believes is still followed.
  await here.credentials.end(id, { revokedAt: new Date() });
  await facts.refresh();
  expect(facts.identity(credential)?.revokedAt).toBeDefined();
});

it('a stored policy that cannot be read leaves the old one in force, and says so', async () => {
  const before = there.facts.policy();
  await here.policies.apply({ document: { version: 99 }, note: 'of a later release', appliedBy: 'test' });
  await expectLive(() => there.problems.length > 0 && here.problems.length > 0);
  expect(there.facts.policy()).toBe(before);
  expect(there.problems).toEqual([expect.stringContaining('cannot be read and is not in force')]);
  // Followed on: keys still come through, and the next readable policy.
  const { credential } = await addKey(here.credentials);
  await expectBoth(({ facts }) => facts.identity(credential));
  const next = await here.policies.apply({ document: enginePolicy, note: '', appliedBy: 'test' });
  await expectBoth(({ facts }) => facts.policy()?.revision === next?.revision);
});

describe('who a credential is', () => {
  it('a webhook source by the policy, a schedule by its owner, nobody else', async () => {
    const { id } = await addKey(here.credentials);
    await here.facts.refresh();
    const { facts } = here;
    expect(facts.identity({ kind: 'none' })).toBeUndefined();
    expect(facts.identity({ kind: 'api_key', hash: 'unknown' })).toBeUndefined();
    expect(facts.identity({ kind: 'webhook', source: 'shop' })).toMatchObject({
      id: 'webhook:shop',
      kind: 'webhook',
      role: 'developer',
    });
    expect(facts.identity({ kind: 'webhook', source: 'unknown' })).toBeUndefined();
    expect(facts.identity({ kind: 'webhook', source: '__proto__' })).toBeUndefined();
    expect(facts.identity({ kind: 'delegate', by: 'schedule:s', owner: id })).toMatchObject({
      id,
      kind: 'api_key',
      allowedAddresses: [],
    });
    expect(facts.identity({ kind: 'delegate', by: 'schedule:s', owner: 'webhook:shop' })).toMatchObject({ kind: 'webhook' });
    expect(facts.identity({ kind: 'delegate', by: 'schedule:s', owner: 'key_gone' })).toBeUndefined();
    expect(facts.identityById('constructor')).toBeUndefined();
  });
});

describe('the age of the facts', () => {
  it('is infinite before they were ever had', async () => {
    const fresh = await openEngine(test.url('gate-engine'));
    expect(fresh.facts.ageMs()).toBe(Number.POSITIVE_INFINITY);
    await fresh.facts.load();
    expect(fresh.facts.ageMs()).toBeLessThan(1_000);
    await fresh.database.close();
  });

  it('grows while Postgres is away and falls when it is back', async () => {
    const server = await startPostgres({ durable: true });
    const database = await createDatabase({ on: server });
    const engine = await openEngine(database.url('gate-engine'));
    const { credential } = await addKey(engine.credentials);
    await engine.facts.load();
    const end = new AbortController();
    const following = engine.facts.run(end.signal);
    await server.kill();
    await until(() => engine.facts.ageMs() > 1_000);
    // What was known stays known; that it is old is for the gates to judge.
    expect(engine.facts.identity(credential)).toBeDefined();
    expect(engine.problems[0]).toContain('facts not refreshed');
    await server.start();
    await until(() => engine.facts.ageMs() < 1_000);
    end.abort();
    await following;
    await engine.database.close();
    await server.stop();
  });

  it('is confirmed by a look, not by a change', async () => {
    await until(() => here.facts.ageMs() > 100);
    expect(await until(() => here.facts.ageMs() < 50, { everyMs: 5 })).toBe(true);
  });
});
