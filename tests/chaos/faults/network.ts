import { MINUTE, SECOND } from '@techno/kernel';
import type { Fault } from '../fault.ts';

export const networkDelay: Fault = {
  name: 'network-delay',
  title: '300 ms more in each direction between every service and NATS',
  ground: 'proxied',
  recoversWithinMs: 1 * MINUTE,
  async run({ proxy, wait, holdMs }) {
    proxy.set({ kind: 'delay', ms: 300 });
    try {
      await wait(holdMs);
    } finally {
      proxy.set({ kind: 'clear' });
    }
  },
};

export const networkReset: Fault = {
  name: 'network-reset',
  title: 'every connection to NATS is reset, again and again',
  ground: 'proxied',
  recoversWithinMs: 1 * MINUTE,
  async run({ proxy, wait, holdMs, note }) {
    let hit = 0;
    for (const end = Date.now() + holdMs; Date.now() < end; await wait(1 * SECOND)) hit += proxy.reset();
    note(`${hit} connections reset`);
  },
};

export const networkCut: Fault = {
  name: 'network-cut',
  title: 'nothing passes between the executors and NATS, and nobody is told',
  ground: 'proxied',
  recoversWithinMs: 1 * MINUTE,
  async run({ proxy, wait, holdMs }) {
    proxy.set({ kind: 'silent' }, 'executor');
    try {
      await wait(holdMs);
    } finally {
      proxy.set({ kind: 'clear' }, 'executor');
    }
  },
};

export const networkHalfOpen: Fault = {
  name: 'network-half-open',
  title: 'connections of gate-engines and gateway to NATS are half open: their other end is gone',
  ground: 'proxied',
  // A client learns of it from two pings that nobody answers, 10 s apart.
  recoversWithinMs: 1 * MINUTE,
  async run({ proxy, note, mended }) {
    note(`${proxy.halfOpen('gate-engine') + proxy.halfOpen('gateway')} connections`);
    mended();
  },
};
