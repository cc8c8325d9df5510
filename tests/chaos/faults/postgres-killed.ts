import { MINUTE } from '@techno/kernel';
import type { Fault } from '../fault.ts';
import { infrastructure, untilAllReady, untilRestarted } from './processes.ts';

export const postgresKilled: Fault = {
  name: 'postgres-killed',
  title: 'Postgres stopped in mode immediate (no checkpoint, recovery at its start)',
  recoversWithinMs: 1 * MINUTE,
  async run(context) {
    const { pid } = await infrastructure(context, 'postgres');
    process.kill(pid, 'SIGQUIT');
    context.mended();
    await untilRestarted(context, 'postgres', pid);
    await untilAllReady(context);
  },
};
