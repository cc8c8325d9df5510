import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { busRights, type ServiceName, SERVICES } from '@techno/contracts';
import { freePort, natsUrl, planNats, type Running } from '@techno/embedded';
import { scratchFolder, startPlanned } from './workspace.ts';

const PASSWORD = 'test';
const VIOLATION = /(?:Publish|Subscription) Violation - .*/g;

export interface TestNats {
  /** With user and password of the operator, who may do everything; the same after a restart. */
  readonly url: string;
  /** What that service gets as NATS_URL: its own user with its own rights. */
  urlOf(service: ServiceName): string;
  readonly port: number;
  /** `http://127.0.0.1:<port>` of the monitoring endpoints (`/jsz`, `/connz`, …). */
  readonly monitorUrl: string;
  readonly pid: number;
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and store, after `kill` or `pause`. */
  start(): Promise<void>;
  /** Stops it orderly, keeping port and store. */
  pause(): Promise<void>;
  /** Deletes what JetStream stored. Only while it does not run. */
  wipe(): Promise<void>;
  /** Stops it and removes its files. */
  stop(): Promise<void>;
}

/**
 * A nats-server with JetStream of its own for this test (about 50 ms): streams have fixed names, so tests that share
 * one would see each other's messages. Call `stop` in afterAll; if the test dies before, the guard stops it. `stop` throws
 * when a service tried what its rights (libs/contracts, bus-rights.ts) do not allow, unless such violations are expected.
 */
export async function startNats({ violations = 'none' }: { violations?: 'none' | 'expected' } = {}): Promise<TestNats> {
  const scratch = scratchFolder('nats');
  const storeDir = path.join(scratch.dir, 'nats');
  const settings = {
    port: await freePort(),
    monitorPort: await freePort(),
    user: 'techno',
    password: PASSWORD,
    users: SERVICES.map((service) => ({ user: service, password: PASSWORD, permissions: busRights(service) })),
    serverName: 'test',
    storeDir,
    configFile: path.join(scratch.dir, 'nats.conf'),
    searchPath: '',
  };
  const start = async (): Promise<Running> => startPlanned(await planNats(settings), scratch.dir);
  let running = await start();

  return {
    url: natsUrl(settings),
    urlOf: (service) => natsUrl({ ...settings, user: service }),
    port: settings.port,
    monitorUrl: `http://127.0.0.1:${settings.monitorPort}`,
    get pid() {
      return running.pid;
    },
    async kill() {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    async start() {
      running = await start();
    },
    async pause() {
      await running.stop(5_000);
    },
    wipe: () => rm(path.join(storeDir, 'jetstream'), { recursive: true, force: true }),
    async stop() {
      await running.stop(5_000);
      const violating = [...new Set((await readFile(path.join(scratch.dir, 'nats.log'), 'utf8')).match(VIOLATION))];
      await scratch.remove();
      if (violations === 'none' && violating.length > 0) throw new Error(`nats-server refused: ${violating.join('; ')}`);
    },
  };
}
