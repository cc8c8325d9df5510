import { rm } from 'node:fs/promises';
import path from 'node:path';
import { MINUTE } from '@techno/kernel';
import type { Fault } from '../fault.ts';
import { heldBack } from './backlog.ts';
import { infrastructure, untilAllReady, untilRestarted } from './processes.ts';

export const natsKilled: Fault = {
  name: 'nats-killed',
  title: 'kill -9 of nats-server',
  recoversWithinMs: 1 * MINUTE,
  async run(context) {
    const { pid } = await infrastructure(context, 'nats');
    process.kill(pid, 'SIGKILL');
    context.mended();
    await untilRestarted(context, 'nats', pid);
    await untilAllReady(context);
  },
};

export const natsWiped: Fault = {
  name: 'nats-wiped',
  title: 'nats-server killed and its store deleted, with two seconds of requests in it',
  recoversWithinMs: 1 * MINUTE,
  standsOn: ['sweeper'],
  losesNews: true,
  async run(context) {
    const { pid, dir } = await infrastructure(context, 'nats');
    await heldBack(context);
    process.kill(pid, 'SIGKILL');
    // Killed, it may still be ending, and write while this removes.
    await rm(path.join(dir, 'jetstream'), { recursive: true, force: true, maxRetries: 20 });
    context.mended();
    await untilRestarted(context, 'nats', pid);
    await untilAllReady(context);
  },
};
