import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { freePort, launch, planNats, ready, startGuard } from '@techno/embedded';
import { DAY, SECOND } from '@techno/kernel';
import { type Subject, targetAt } from '../subject.ts';
import { ALLOWED, type BareArguments, REQUESTED, STREAM } from './message.ts';

const ROLES = ['front', 'relay', 'replier'] as const;
const GIB = 1024 ** 3;

/**
 * The least that could do the job: hyper-express → JetStream → JetStream → core reply, in three processes, on a
 * nats-server with the settings of the whole system. No decision, no record, nothing to see. `folder` must exist.
 */
export async function startBareHops(folder: string, searchPath: string): Promise<Subject> {
  const args: BareArguments = {
    natsPort: await freePort(),
    httpPort: await freePort(),
    user: 'bare',
    password: randomBytes(16).toString('hex'),
  };
  const guard = startGuard();
  const output = openSync(path.join(folder, 'nats.log'), 'a');
  const plan = await planNats({
    port: args.natsPort,
    monitorPort: await freePort(),
    user: args.user,
    password: args.password,
    serverName: 'bare-hops',
    storeDir: path.join(folder, 'nats'),
    configFile: path.join(folder, 'nats.conf'),
    searchPath,
  });
  const nats = await launch(plan, { output, guard });
  closeSync(output);
  await ready(plan, nats, { timeoutMs: 30 * SECOND });
  await createStream(args);

  const children: ChildProcess[] = [];
  for (const role of ROLES) {
    const child = fork(path.join(import.meta.dirname, 'main.ts'), [role, JSON.stringify(args)], { execArgv: [] });
    children.push(child);
    const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
    if (message !== 'ready') throw new Error(`the ${role} of the bare hops did not start`);
  }

  return {
    name: 'bare hops',
    target: targetAt(`http://127.0.0.1:${args.httpPort}`, {}),
    processes: () => [...ROLES.map((name, index) => ({ name, pid: children[index]?.pid ?? 0 })), { name: 'nats', pid: nats.pid }],
    async stop() {
      await Promise.all(children.map((child) => (child.kill(), once(child, 'exit'))));
      await nats.stop(5 * SECOND);
      guard.close();
    },
  };
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
