import { rm } from 'node:fs/promises';
import path from 'node:path';
import { freePort, natsUrl, planNats, type Running } from '@techno/embedded';
import { scratchFolder, startPlanned } from './workspace.ts';

export interface TestNats {
  /** With user and password; the same after a restart. */
  readonly url: string;
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
 * one would see each other's messages. Call `stop` in afterAll; if the test dies before, the guard stops it.
 */
export async function startNats(): Promise<TestNats> {
  const scratch = scratchFolder('nats');
  const storeDir = path.join(scratch.dir, 'nats');
  const settings = {
    port: await freePort(),
    monitorPort: await freePort(),
    user: 'techno',
    password: 'test',
    serverName: 'test',
    storeDir,
    configFile: path.join(scratch.dir, 'nats.conf'),
    searchPath: '',
  };
  const start = async (): Promise<Running> => startPlanned(await planNats(settings), scratch.dir);
  let running = await start();

  return {
    url: natsUrl(settings),
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
      await scratch.remove();
    },
  };
}
