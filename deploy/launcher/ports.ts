import { chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isPortFree } from '@techno/embedded';
import { StartupError } from '@techno/kernel';
import { claim, release } from './claim.ts';

/** How far above the wanted port to look. */
const REACH = 200;

export interface Ports {
  /** The wanted port, or the next free one above it. @throws StartupError NO_FREE_PORT */
  take(wanted: number): Promise<number>;
  releaseAll(): void;
}

/**
 * Finds ports and reserves them against other launchers on this machine: between looking and listening lie seconds,
 * and HTTP servers with SO_REUSEPORT would share a port instead of failing.
 */
export function reservePorts(
  folder = path.join(tmpdir(), 'techno-ports'),
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Ports {
  const taken = new Map<number, string>();
  openToAll(folder);

  const reserve = (port: number): boolean => {
    const file = path.join(folder, String(port));
    // Ours already: one launcher takes a port once.
    if (taken.has(port)) return false;
    try {
      if (claim(file) !== undefined) return false;
    } catch {
      // No reservation can be left there. The port is free all the same.
    }
    taken.set(port, file);
    return true;
  };

  return {
    async take(wanted) {
      for (let port = wanted; port < Math.min(wanted + REACH, 65_536); port++) {
        if ((await isFree(port)) && reserve(port)) return port;
      }
      throw new StartupError(
        'NO_FREE_PORT',
        `no port from ${wanted} to ${Math.min(wanted + REACH, 65_536) - 1} is free`,
        'Choose another one; npx techno start --help lists the options and variables.',
      );
    },
    releaseAll() {
      for (const file of taken.values()) release(file);
      taken.clear();
    },
  };
}

/** Shared by all users, each removing only its own, like the temporary folder itself. */
function openToAll(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o1777);
  } catch {
    // Somebody else made it, and has done so.
  }
}
