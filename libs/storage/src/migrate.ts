import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import { type ServiceName, SERVICES } from '@techno/contracts';
import { errorMessage, StartupError } from '@techno/kernel';
import pg from 'pg';
import { entities } from './entities.ts';
import { GRANTS, roleOf } from './grants.ts';
import { Migration0001Main } from './migrations/0001-main.ts';
import { Migration0003Notifications } from './migrations/0003-notifications.ts';
import { Migration0004Schedules } from './migrations/0004-schedules.ts';
import { Migration0002DeadLetters } from './migrations/0002-dead-letters.ts';
import { Migration0005Agenda } from './migrations/0005-agenda.ts';

const MIGRATIONS = [
  { name: '0001-main', class: Migration0001Main },
  { name: '0002-dead-letters', class: Migration0002DeadLetters },
  { name: '0003-notifications', class: Migration0003Notifications },
  { name: '0004-schedules', class: Migration0004Schedules },
  { name: '0005-agenda', class: Migration0005Agenda },
];

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
  const unknown = names.filter((name) => !MIGRATIONS.some((known) => known.name === name));
  if (unknown.length > 0) {
    throw new StartupError(
      'SCHEMA_UNKNOWN',
      `this version does not know the migrations ${unknown.join(', ')}`,
      'Use the version that the data was kept with, or a newer one.',
    );
  }
  await locked(adminUrl, () => withMigrator(adminUrl, (migrator) => migrator.up({ migrations: [...names] })));
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

async function withMigrator<T>(adminUrl: string, work: (migrator: Migrator) => Promise<T>): Promise<T> {
  const orm = await MikroORM.init({
    clientUrl: adminUrl,
    entities,
    extensions: [Migrator],
    migrations: { migrationsList: MIGRATIONS, snapshot: false, tableName: 'migrations' },
    pool: { min: 0, max: 2 },
    logger: () => {},
  });
  try {
    return await work(orm.migrator as Migrator);
  } finally {
    await orm.close(true);
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
