import type { Migrator } from '@mikro-orm/migrations';
import { type ServiceName, SERVICES } from '@techno/contracts';
import { errorMessage, StartupError } from '@techno/kernel';
import pg from 'pg';
import { GRANTS, roleOf } from './grants.ts';

/** Any fixed number: all migrators of one database take the same lock. */
const LOCK = 7_264_001;

export interface MigrateOptions {
  /** A role that owns the database, or a superuser. Used only here: services never hold it. */
  readonly adminUrl: string;
  /** Passwords of the service roles to create or refresh. A service left out keeps what it has. */
  readonly roles?: Partial<Record<ServiceName, string>>;
}

/** Brings the schema up to date, then roles and grants. Safe to run from several places at once: one at a time holds the lock. */
export async function migrate({ adminUrl, roles = {} }: MigrateOptions): Promise<{ applied: string[] }> {
  return locked(adminUrl, async (client) => {
    const applied = await withMigrator(adminUrl, async (migrator) => (await migrator.up()).map(({ name }) => name));
    await grantAll(client, roles);
    return { applied };
  });
}

/**
 * Makes the schema as it was after exactly these migrations, without roles and grants: for data that was kept with it.
 * @throws StartupError SCHEMA_UNKNOWN when one of them is not of this version
 */
export async function migrateTo(adminUrl: string, names: readonly string[]): Promise<void> {
  await locked(adminUrl, () =>
    withMigrator(adminUrl, async (migrator, known) => {
      const unknown = names.filter((name) => !known.includes(name));
      if (unknown.length > 0) {
        throw new StartupError(
          'SCHEMA_UNKNOWN',
          `this version does not know the migrations ${unknown.join(', ')}`,
          'Use the version that the data was kept with, or a newer one.',
        );
      }
      await migrator.up({ migrations: [...names] });
    }),
  );
}

/** Takes back the newest migration. */
export async function rollback(adminUrl: string): Promise<{ reverted: string[] }> {
  return locked(adminUrl, () =>
    withMigrator(adminUrl, async (migrator) => ({ reverted: (await migrator.down()).map(({ name }) => name) })),
  );
}

/** What was applied and what waits. */
export async function migrationStatus(adminUrl: string): Promise<{ applied: string[]; pending: string[] }> {
  return withMigrator(adminUrl, async (migrator) => ({
    applied: (await migrator.getExecuted()).map(({ name }) => name),
    pending: (await migrator.getPending()).map(({ name }) => name),
  }));
}

/** Loaded where the schema is touched: with its ORM it is a third of what a program around it would load. */
async function withMigrator<T>(adminUrl: string, work: (migrator: Migrator, known: readonly string[]) => Promise<T>): Promise<T> {
  const { KNOWN, openMigrator } = await import('./migrator.ts');
  const { migrator, close } = await openMigrator(adminUrl);
  try {
    return await work(migrator, KNOWN);
  } finally {
    await close();
  }
}

/** The migrator itself takes no lock, so two starting at once would collide. */
async function locked<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
  } catch (cause) {
    throw new StartupError(
      'POSTGRES_UNREACHABLE',
      `cannot reach Postgres to migrate it: ${errorMessage(cause)}`,
      'Check the admin URL and that the server runs.',
      { cause },
    );
  }
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    return await work(client);
  } finally {
    await client.end();
  }
}

async function grantAll(client: pg.Client, passwords: Partial<Record<ServiceName, string>>): Promise<void> {
  for (const service of SERVICES) {
    const role = roleOf(service);
    const password = passwords[service];
    const exists = await client.query('select 1 from pg_roles where rolname = $1', [role]);
    if (exists.rowCount === 0 && password === undefined) continue;
    // DDL takes no parameters; format() quotes.
    if (exists.rowCount === 0) await client.query(`create role ${role} login noinherit nosuperuser nocreatedb nocreaterole`);
    if (password !== undefined) {
      const { rows } = await client.query<{ sql: string }>('select format($1, $2::text) as sql', [
        `alter role ${role} password %L`,
        password,
      ]);
      await client.query(rows[0]?.sql ?? '');
    }
    await client.query(`revoke all on all tables in schema public from ${role}`);
    await client.query(`grant usage on schema public to ${role}`);
    for (const [table, privileges] of Object.entries(GRANTS[service]))
      await client.query(`grant ${privileges} on ${table} to ${role}`);
  }
  await client.query('revoke create on schema public from public');
}
