import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { freePort, identify, isAlive, planPostgres, postgresUrl, removeCluster, type Running, until } from '@techno/embedded';
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
  /** `kill -9` of the postmaster and of all its processes, and waits until they are gone: a session left alone would still commit. */
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
      // Stopped first, so that no session begins while they are counted.
      process.kill(running.pid, 'SIGSTOP');
      const sessions = childrenOf(running.pid).flatMap((pid) => identify(pid) ?? []);
      process.kill(running.pid, 'SIGKILL');
      for (const session of sessions) if (isAlive(session)) process.kill(session.pid, 'SIGKILL');
      await running.exited;
      await until(() => !sessions.some(isAlive), { what: 'the end of all sessions' });
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

function childrenOf(pid: number): number[] {
  const text =
    process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      : execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  return text.split(/\s+/).filter(Boolean).map(Number);
}
