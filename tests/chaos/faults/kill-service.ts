import { SERVICES, type ServiceName } from '@techno/contracts';
import { MINUTE } from '@techno/kernel';
import type { Fault } from '../fault.ts';
import { signalAll, untilReplaced } from './processes.ts';

/** The record outlives them; but work that only their memory held is driven again by the sweeper, effects by the fence's leave. */
const STANDS_ON: Partial<Record<ServiceName, Fault['standsOn']>> = {
  gateway: ['sweeper'],
  executor: ['fence'],
};

const killService = (service: ServiceName): Fault => ({
  name: `kill-${service}`,
  title: `kill -9 of every ${service}`,
  standsOn: STANDS_ON[service] ?? [],
  recoversWithinMs: 1 * MINUTE,
  async run(context) {
    const pids = await signalAll(context, service, 'SIGKILL');
    context.mended();
    await untilReplaced(context, service, pids);
    context.note(`${pids.length} killed`);
  },
});

export const killServices: readonly Fault[] = SERVICES.map(killService);
