import { createDatabase, startPostgres, type TestDatabase } from '@techno/testkit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkDatabase, openDatabase } from './database.ts';
import { migrate, migrationStatus, rollback } from './migrate.ts';

let empty: TestDatabase;
beforeEach(async () => {
  empty = await createDatabase({ empty: true });
});
afterEach(() => empty.drop());

async function tablesOf(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations' order by 1`,
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

describe('migrate', () => {
  test('applies everything once, in order', async () => {
    const before = await migrationStatus(empty.adminUrl);
    expect(before.applied).toEqual([]);
    expect(before.pending).toEqual(before.pending.toSorted());
    expect(await migrate({ adminUrl: empty.adminUrl })).toEqual({ applied: before.pending });
    expect(await migrate({ adminUrl: empty.adminUrl })).toEqual({ applied: [] });
    expect(await migrationStatus(empty.adminUrl)).toEqual({ applied: before.pending, pending: [] });
    expect(await tablesOf(empty.adminUrl)).toContain('audit_trail');
  });

  test('by three at once applies each once', async () => {
    const { pending } = await migrationStatus(empty.adminUrl);
    const all = await Promise.all([1, 2, 3].map(() => migrate({ adminUrl: empty.adminUrl })));
    expect(all.flatMap(({ applied }) => applied)).toEqual(pending);
  });

  test('goes all the way down and up again', async () => {
    const { applied } = await migrate({ adminUrl: empty.adminUrl });
    const there = await tablesOf(empty.adminUrl);
    for (const name of applied.toReversed()) expect(await rollback(empty.adminUrl)).toEqual({ reverted: [name] });
    expect(await tablesOf(empty.adminUrl)).toEqual([]);
    expect(await migrate({ adminUrl: empty.adminUrl })).toEqual({ applied });
    expect(await tablesOf(empty.adminUrl)).toEqual(there);
  });

  test('leaves the password of a role that it is not told as it is, and takes any password', async () => {
    const { port, password, stop } = await startPostgres();
    try {
      const adminUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
      const secret = `it's "a" \\ $1 %L pass`;
      await migrate({ adminUrl, roles: { executor: secret } });
      await migrate({ adminUrl });
      const url = `postgres://techno_executor:${encodeURIComponent(secret)}@127.0.0.1:${port}/postgres`;
      expect(await tablesOf(url)).toContain('executions');
      await expect(tablesOf(url.replace('executor', 'gateway'))).rejects.toThrow();
    } finally {
      await stop();
    }
  });

  test('says what to do where nobody is', async () => {
    const adminUrl = 'postgres://postgres:topsecret@127.0.0.1:1/x';
    await expect(migrate({ adminUrl })).rejects.toMatchObject({
      code: 'POSTGRES_UNREACHABLE',
      fix: expect.any(String) as string,
    });
    const database = await openDatabase({ url: adminUrl, applicationName: 'test' });
    const error: unknown = await checkDatabase(database).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    expect(String(error)).not.toContain('topsecret');
    await database.close();
  });
});
