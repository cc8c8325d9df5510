import { SECOND } from '@techno/kernel';
import type { Fault } from '../fault.ts';

/** Leases of actors and of fences are 15 s: by then others have taken over, and what wakes up must find that out. */
const BEYOND_LEASE_MS = 20 * SECOND;

const stopOne = (service: 'executor' | 'gate-engine' | 'auditor'): Fault => ({
  name: `freeze-${service}`,
  title: `SIGSTOP of one ${service} beyond its leases`,
  recoversWithinMs: 30 * SECOND,
  standsOn: service === 'executor' ? ['fence'] : [],
  async run(context) {
    const [pid] = await context.pidsOf(service);
    if (pid === undefined) throw new Error(`${service} does not run`);
    process.kill(pid, 'SIGSTOP');
    try {
      await context.wait(BEYOND_LEASE_MS);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  },
});

export const freezes: readonly Fault[] = [stopOne('executor'), stopOne('gate-engine'), stopOne('auditor')];
