import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ServiceName } from '@techno/contracts';
import { withConnection } from '@techno/embedded';
import { migrate, migrationStatus, rollback } from '@techno/storage';
import { nodeArguments, startPostgres, type TestPostgres } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { operatorEnv, ROOT, STARTABLE } from './settings.ts';
import { type Contents, contentsOf, fillEmpty } from './table-contents.ts';

const run = promisify(execFile);
const db = async (verb: 'migrate' | 'rollback' | 'status', env: Record<string, string>) => {
  const { stdout } = await run(process.execPath, [...nodeArguments('deploy/cli/main.ts'), 'db', verb, '--json'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  return JSON.parse(stdout) as Record<'applied' | 'pending' | 'reverted', string[]>;
};

describe('a database of its own', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());
  const url = (user: string, secret: string, database = 'postgres') =>
    `postgres://${user}:${secret}@127.0.0.1:${server.port}/${database}`;

  test('an environment is all that the migration needs: schema, roles and their passwords', { timeout: 180_000 }, async () => {
    const { DATABASE_PASSWORD_GATE_ENGINE: secret = '', DATABASE_PASSWORD_AUDITOR: other = '' } = await operatorEnv();
    const env = {
      DATABASE_URL: url('postgres', server.password),
      DATABASE_PASSWORD_GATE_ENGINE: secret,
      DATABASE_PASSWORD_AUDITOR: other,
    };
    await expect(db('migrate', { ...env, DATABASE_PASSWORD_AUDITER: 'x' })).rejects.toMatchObject({
      stderr: expect.stringContaining('DATABASE_PASSWORD_AUDITER names no service') as string,
    });
    const { applied } = await db('migrate', env);
    expect(applied[0]).toBe('0001-main');
    expect((await db('rollback', env)).reverted).toEqual([applied.at(-1)]);
    expect((await db('status', env)).pending).toEqual([applied.at(-1)]);
    expect((await db('migrate', env)).applied).toEqual([applied.at(-1)]);
    expect((await db('migrate', env)).applied).toEqual([]);

    // A service's role signs in with its password only, and may not change the schema.
    await expect(db('migrate', { DATABASE_URL: url('techno_gate_engine', other) })).rejects.toMatchObject({
      stderr: expect.stringContaining('password authentication failed') as string,
    });
    await expect(db('migrate', { DATABASE_URL: url('techno_gate_engine', secret) })).rejects.toMatchObject({
      stderr: expect.stringMatching(/permission denied/) as string,
    });
  });

  test('in a cluster its owner is no superuser: the right to make roles is enough', { timeout: 180_000 }, async () => {
    // As k8s/data/postgres.yaml has CloudNativePG make it. The roles of the test before belong to the whole server.
    await withConnection(url('postgres', server.password), async (admin) => {
      await admin.query(`create role techno_owner login createrole password 'owner'`);
      await admin.query('create database techno owner techno_owner');
      const { rows } = await admin.query<{ rolname: string }>(
        `select rolname from pg_roles where rolname like 'techno_%' and rolname <> 'techno_owner'`,
      );
      for (const { rolname } of rows) await admin.query(`drop owned by ${rolname}; drop role ${rolname}`);
    });
    const env = { DATABASE_URL: url('techno_owner', 'owner', 'techno'), DATABASE_PASSWORD_EXECUTOR: 'first' };
    expect((await db('migrate', env)).applied[0]).toBe('0001-main');
    expect((await db('migrate', { ...env, DATABASE_PASSWORD_EXECUTOR: 'second' })).applied).toEqual([]);
    await withConnection(url('techno_executor', 'second', 'techno'), async (executor) => {
      await expect(executor.query('select count(*) from executions')).resolves.toMatchObject({ rowCount: 1 });
      await expect(executor.query('create table mine (x int)')).rejects.toMatchObject({ code: '42501' });
    });
  });
});

describe('up, down, up over the data of a stack that has worked', () => {
  let stack: Stack;
  let adminUrl: string;

  beforeAll(async () => {
    stack = await startStack();
    const more = STARTABLE.filter((service) => !stack.processes.some((one) => one.service === service));
    await Promise.all(more.map((service) => stack.start(service as ServiceName)));
    const done = await Promise.all(Array.from({ length: 20 }, (_, n) => stack.submit('echo', { n })));
    for (const { body } of done) await stack.ended(String(body['trace_id']));
    await stack.submit('no_such_action', {});
    await stack.call('PUT', '/v1/contacts/ana', {
      key: stack.rootKey,
      body: { name: 'Ana', addresses: { email: 'ana@example.org' } },
    });
    await Promise.all(stack.processes.map((one) => one.stop()));
    adminUrl = stack.database.adminUrl;
    await withConnection(adminUrl, fillEmpty);
  }, 120_000);
  afterAll(async () => {
    await stack.stop();
  });

  const contents = () => withConnection(adminUrl, contentsOf);
  const others = (contents: Contents, kept: Contents) =>
    Object.fromEntries(Object.entries(contents).filter(([table]) => table in kept));

  test('the newest: everything older stays as it was, twice', { timeout: 180_000 }, async () => {
    const before = await contents();
    for (const [table, { rows }] of Object.entries(before)) expect(rows, table).toBeGreaterThan(0);
    expect(before['executions']?.rows).toBeGreaterThanOrEqual(20);
    const { applied } = await migrationStatus(adminUrl);
    const newest = applied.toSorted().at(-1);
    expect((await rollback(adminUrl)).reverted).toEqual([newest]);
    expect((await migrationStatus(adminUrl)).pending).toEqual([newest]);
    const below = await contents();
    expect(below).toEqual(others(before, below));
    expect((await migrate({ adminUrl })).applied).toEqual([newest]);
    expect(others(await contents(), below)).toEqual(below);
  });

  test('all of them, one by one: each takes only its own, and all of it comes up again', { timeout: 180_000 }, async () => {
    await withConnection(adminUrl, fillEmpty);
    const { applied } = await migrationStatus(adminUrl);
    let above = await contents();
    const tables = Object.keys(above);
    for (const name of applied.toSorted().toReversed()) {
      expect(await rollback(adminUrl)).toEqual({ reverted: [name] });
      const below = await contents();
      expect(Object.keys(below).length, name).toBeLessThanOrEqual(Object.keys(above).length);
      expect(below, name).toEqual(others(above, below));
      above = below;
    }
    expect(above).toEqual({});
    expect((await migrate({ adminUrl })).applied.toSorted()).toEqual(applied.toSorted());
    expect(Object.keys(await contents())).toEqual(tables);
    await withConnection(adminUrl, fillEmpty);
  });
});
