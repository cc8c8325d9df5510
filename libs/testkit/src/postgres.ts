import path from 'node:path';
import { freePort, planPostgres, postgresUrl, removeCluster, type Running } from '@techno/embedded';
import { scratchFolder, startPlanned } from './workspace.ts';

/** Where a server is and how its superuser signs in. */
export interface PostgresAddress {
  readonly port: number;
  readonly password: string;
}

export interface TestPostgres extends PostgresAddress {
  readonly pid: number;
  /** The superuser's, to the database `postgres`. */
  readonly adminUrl: string;
  /** `kill -9` of the postmaster, and waits until it is gone. */
  kill(): Promise<void>;
  /** Stops it orderly, keeping port and data. */
  pause(): Promise<void>;
  /** Starts it again on the same port and data, after `kill` or `pause`. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/**
 * A PostgreSQL server of its own, for tests that stop or kill it (about 1 s). Others share the one of the run and take
 * a database each, see `createDatabase`.
 */
export async function startPostgres(options: { durable?: boolean } = {}): Promise<TestPostgres> {
  const scratch = scratchFolder('postgres');
  const settings = {
    dir: path.join(scratch.dir, 'postgres'),
    port: await freePort(),
    password: 'test',
    durable: options.durable ?? false,
  };
  const start = async (): Promise<Running> => startPlanned(await planPostgres(settings), scratch.dir);
  let running = await start();

  return {
    port: settings.port,
    password: settings.password,
    adminUrl: postgresUrl({ user: 'postgres', database: 'postgres', ...settings }),
    get pid() {
      return running.pid;
    },
    async kill() {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    async pause() {
      await running.stop(5_000);
    },
    async start() {
      running = await start();
    },
    async stop() {
      await running.stop(5_000);
      await removeCluster(settings.dir);
      await scratch.remove();
    },
  };
}
