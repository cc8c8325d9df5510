import { execFile } from 'node:child_process';
import { rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { MINUTE } from '@techno/kernel';
import type { Fault } from '../fault.ts';
import { untilAllReady } from './processes.ts';

const run = promisify(execFile);

export const diskFull: Fault = {
  name: 'disk-full',
  title: 'no byte left on the disk of Postgres and nats-server (tmpfs)',
  ground: 'small-disk',
  recoversWithinMs: 2 * MINUTE,
  async run(context) {
    const ballast = path.join(context.home, 'ballast');
    const left = async () => {
      const { bavail, bsize } = await statfs(context.home);
      return bavail * bsize;
    };
    try {
      const before = await left();
      // Most of it at once, the rest by writing until nothing goes in any more: the others write meanwhile.
      await run('fallocate', ['-l', String(Math.round(before * 0.9)), ballast]);
      await run('dd', ['if=/dev/zero', `of=${ballast}.rest`, 'bs=4k']).catch(() => {});
      context.note(`${Math.round(before / 1024 / 1024)} MiB taken, ${await left()} bytes left`);
      await context.wait(context.holdMs);
    } finally {
      await rm(`${ballast}.rest`, { force: true });
      await rm(ballast, { force: true });
    }
    context.mended();
    await untilAllReady(context);
  },
};
