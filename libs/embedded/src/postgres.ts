import path from 'node:path';
import pg from 'pg';
import type { LaunchPlan } from './launch.ts';
import { postgresAccount, reachablePostgres } from './postgres-account.ts';
import { completePostgres, postgresFolder } from './postgres-binaries.ts';
import { clusterFolder, initialiseCluster, SHARED_FOLDER } from './postgres-cluster.ts';
import { postgresArguments } from './postgres-settings.ts';
import { clearPostmaster, readPostmaster } from './postmaster.ts';

export interface PostgresOptions {
  /** Where the cluster is, or by a link leads to. */
  readonly dir: string;
  readonly port: number;
  /** Of the superuser `postgres`; set when the cluster is made. */
  readonly password: string;
  readonly durable: boolean;
}

/**
 * Makes the cluster if needed, clears what a crash left, and says how to start the server.
 * @throws StartupError BINARY_MISSING, POSTGRES_LIBRARIES, POSTGRES_ACCOUNT, POSTGRES_INIT_FAILED, POSTGRES_STILL_RUNNING
 */
export async function planPostgres(options: PostgresOptions): Promise<LaunchPlan & { readonly dataDir: string }> {
  const installed = postgresFolder();
  await completePostgres(installed);
  const account = await postgresAccount();
  const bin = path.join(await reachablePostgres(installed, account, SHARED_FOLDER), 'bin');
  const dataDir = await clusterFolder(options.dir, account);
  await initialiseCluster({ bin, dataDir, account, password: options.password, durable: options.durable });
  await clearPostmaster(dataDir);
  return {
    name: 'postgres',
    command: path.join(bin, 'postgres'),
    args: postgresArguments(dataDir, options),
    cwd: dataDir,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    account,
    // Fast shutdown: running transactions are rolled back, nothing waits for clients.
    stopSignal: 'SIGINT',
    stage: 1,
    dataDir,
    async isReady() {
      return (await readPostmaster(dataDir))?.status === 'ready';
    },
  };
}

export function postgresUrl(options: { user: string; password: string; port: number; database: string }): string {
  const { user, password, port, database } = options;
  return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** Runs `work` on one connection that is closed afterwards. */
export async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // The query in flight rejects; without a listener a cut connection would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Makes the database unless it is there. `url` is the superuser's, to any database. */
export async function ensureDatabase(url: string, name: string): Promise<void> {
  await withConnection(url, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}
