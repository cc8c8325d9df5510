import { MINUTE } from '@techno/kernel';
import type { Fault } from '../fault.ts';

export const slowConsumer: Fault = {
  name: 'slow-consumer',
  title: 'the gate-engines read from NATS at 4 KiB/s, far less than comes',
  ground: 'proxied',
  recoversWithinMs: 1 * MINUTE,
  async run(context) {
    context.proxy.set({ kind: 'narrow', bytesPerSecond: 4 * 1024 }, 'gate-engine');
    try {
      await context.wait(context.holdMs);
    } finally {
      context.proxy.set({ kind: 'clear' }, 'gate-engine');
    }
  },
};
