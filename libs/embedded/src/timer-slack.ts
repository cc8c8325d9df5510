import { writeFileSync } from 'node:fs';

/** Of this process; it may change it without any right. Zero is what it was born with. */
const FILE = '/proc/self/timerslack_ns';

/**
 * Whatever `start` spawns may be woken up to `nanos` late by its timers, so that Linux wakes it less often (by default 50 µs, see
 * timerslack(2)); its threads inherit that. Elsewhere than on Linux, and from a worker thread, it changes nothing.
 */
export function withTimerSlack<T>(nanos: number, start: () => T): T {
  if (!set(nanos)) return start();
  try {
    return start();
  } finally {
    set(0);
  }
}

function set(nanos: number): boolean {
  try {
    writeFileSync(FILE, String(nanos));
    return true;
  } catch {
    return false;
  }
}
