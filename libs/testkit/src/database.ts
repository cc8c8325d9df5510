import { randomBytes } from 'node:crypto';
import { postgresUrl, withConnection } from '@techno/embedded';
import { migrate } from '@techno/storage';
import { inject } from 'vitest';
import type { PostgresAddress } from './postgres.ts';

/** Password of every service role in tests. */
const ROLE_PASSWORD = 'test';
const SERVICES = ['gateway', 'gate-engine', 'executor', 'notifier', 'scheduler', 'dlq-replayer', 'auditor'] as const;
const TEMPLATE = 'techno_template';
/** Any fixed number: all workers of one run take the same lock. */
const TEMPLATE_LOCK = 5_147_001;

export interface TestDatabase {
  readonly name: string;
  /** The superuser's. */
  readonly adminUrl: string;
  /** What that service gets as DATABASE_URL: its own role with its own grants. */
  url(service: (typeof SERVICES)[number]): string;
  drop(): Promise<void>;
}

/**
 * A database for this test alone, already migrated (a copy of a template, about 40 ms in memory), or an `empty` one.
 * `on` names another server than the run's.
 */
export async function createDatabase(options: { empty?: boolean; on?: PostgresAddress } = {}): Promise<TestDatabase> {
  const server = options.on ?? inject('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = (database: string) => postgresUrl({ user: 'postgres', ...server, database });
  if (!options.empty) await ensureTemplate(admin);
  // The copy of files, because the default copies each block through the log: five times the time.
  await withConnection(admin('postgres'), (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${options.empty ? 'template0' : TEMPLATE} STRATEGY FILE_COPY`),
  );
  return {
    name,
    adminUrl: admin(name),
    url: (service) =>
      postgresUrl({ user: `techno_${service.replaceAll('-', '_')}`, password: ROLE_PASSWORD, port: server.port, database: name }),
    async drop() {
      await withConnection(admin('postgres'), (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/** The first test that needs it migrates it; the others wait for the lock and find it. */
async function ensureTemplate(admin: (database: string) => string): Promise<void> {
  await withConnection(admin('postgres'), async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (found.rowCount !== 0) return;
    const draft = `${TEMPLATE}_draft`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
    await migrate({ adminUrl: admin(draft), roles: Object.fromEntries(SERVICES.map((service) => [service, ROLE_PASSWORD])) });
    // Only a finished one gets the name.
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${TEMPLATE}`);
  });
}
