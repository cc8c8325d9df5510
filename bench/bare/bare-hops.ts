import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import {
  freePort,
  launch,
  type LaunchPlan,
  planNats,
  planPostgres,
  postgresUrl,
  ready,
  type Running,
  startGuard,
  withConnection,
} from '@techno/embedded';
import { DAY, SECOND } from '@techno/kernel';
import { type Subject, targetAt } from '../subject.ts';
import { ALLOWED, type BareArguments, REQUESTED, STREAM } from './message.ts';
import { RECORD } from './record.ts';

const ROLES = ['front', 'relay', 'replier'] as const;
const GIB = 1024 ** 3;

export interface BareOptions {
  /** Made here; its parent must be readable for every account. */
  readonly folder: string;
  readonly searchPath: string;
  readonly committed: boolean;
}

/**
 * The least that could do the job: hyper-express → JetStream → JetStream → core reply, in three processes, on a
 * nats-server with the settings of the whole system. No decision, no record, nothing to see. Or, `committed`, with what no
 * system that loses nothing can do without: each hop commits what passes to a PostgreSQL with the settings of the whole system.
 */
export async function startBareHops(name: string, options: BareOptions): Promise<Subject> {
  const { folder, searchPath, committed } = options;
  await mkdir(folder);
  const args = {
    natsPort: await freePort(),
    httpPort: await freePort(),
    user: 'bare',
    password: randomBytes(16).toString('hex'),
  };
  const guard = startGuard();
  const children: ChildProcess[] = [];
  const servers: { name: string; running: Running }[] = [];
  const stop = async (): Promise<void> => {
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(running.map((child) => (child.kill(), once(child, 'exit'))));
    await Promise.all(servers.map((server) => server.running.stop(5 * SECOND)));
    guard.close();
  };
  try {
    await startAll();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name,
    target: targetAt(`http://127.0.0.1:${args.httpPort}`, {}),
    processes: () => [
      ...ROLES.map((role, index) => ({ name: role, pid: children[index]?.pid ?? 0 })),
      ...servers.map((server) => ({ name: server.name, pid: server.running.pid })),
    ],
    stop,
  };

  async function startAll(): Promise<void> {
    const output = openSync(path.join(folder, 'servers.log'), 'a');
    const start = async (plan: LaunchPlan): Promise<void> => {
      const running = await launch(plan, { output, guard });
      servers.push({ name: plan.name, running });
      await ready(plan, running, { timeoutMs: 30 * SECOND });
    };
    await start(
      await planNats({
        port: args.natsPort,
        monitorPort: await freePort(),
        user: args.user,
        password: args.password,
        serverName: 'bare-hops',
        storeDir: path.join(folder, 'nats'),
        configFile: path.join(folder, 'nats.conf'),
        searchPath,
      }),
    );
    await createStream(args);
    let postgres: string | undefined;
    if (committed) {
      const settings = { dir: path.join(folder, 'postgres'), port: await freePort(), password: args.password, durable: true };
      await start(await planPostgres(settings));
      postgres = postgresUrl({ user: 'postgres', database: 'postgres', ...settings });
      await withConnection(postgres, (client) => client.query(RECORD));
    }
    closeSync(output);

    for (const role of ROLES) {
      const child = fork(
        path.join(import.meta.dirname, 'main.ts'),
        [role, JSON.stringify({ ...args, postgres } satisfies BareArguments)],
        { execArgv: [] },
      );
      children.push(child);
      const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
      if (message !== 'ready') throw new Error(`the ${role} of the bare hops did not start`);
    }
  }
}

/** The limits of the ACTIONS stream, where the whole system does the same. */
async function createStream(args: BareArguments): Promise<void> {
  const nc = await connect({ servers: `127.0.0.1:${args.natsPort}`, user: args.user, pass: args.password });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({
    name: STREAM,
    subjects: [REQUESTED, ALLOWED],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_bytes: 2 * GIB,
    max_age: nanos(3 * DAY),
    duplicate_window: nanos(30 * SECOND),
  });
  await nc.close();
}
