import { readFile } from 'node:fs/promises';
import { MINUTE } from '@techno/kernel';
import type { Fault } from '../fault.ts';
import { infrastructure } from './processes.ts';

export const thunderingHerd: Fault = {
  name: 'thundering-herd',
  title: 'Postgres away, and every client asks again ten times a second until it is back',
  recoversWithinMs: 1 * MINUTE,
  impatient: true,
  async run(context) {
    const { pid } = await infrastructure(context, 'postgres');
    // Stopped and not killed: connections hang, as when the machine behind them is gone.
    process.kill(pid, 'SIGSTOP');
    const children = await backendsOf(pid);
    for (const child of children) process.kill(child, 'SIGSTOP');
    try {
      await context.wait(context.holdMs);
    } finally {
      for (const child of [pid, ...children]) resume(child);
    }
  },
};

async function backendsOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended meanwhile.
  }
}
