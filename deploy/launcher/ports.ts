import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { identify, isAlive, isPortFree, type ProcessIdentity } from '@techno/embedded';
import { StartupError } from '@techno/kernel';

/** How far above the wanted port to look. */
const REACH = 200;

export interface Ports {
  /** The wanted port, or the next free one above it. @throws StartupError NO_FREE_PORT */
  take(wanted: number): Promise<number>;
  releaseAll(): void;
}

/**
 * Finds ports and reserves them against other launchers on this machine: between looking and listening lie seconds,
 * and HTTP servers with SO_REUSEPORT would share a port instead of failing. A reservation is a file that names its
 * process, void when that is gone.
 */
export function reservePorts(
  folder = path.join(tmpdir(), 'techno-ports'),
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Ports {
  const own = identify(process.pid);
  const files: string[] = [];
  mkdirSync(folder, { recursive: true });
  try {
    // Shared by all users, each removing only its own, like the temporary folder itself.
    chmodSync(folder, 0o1777);
  } catch {
    // Whoever made it has done so.
  }

  const reserve = (port: number): boolean => {
    const file = path.join(folder, String(port));
    try {
      if (!isStale(file)) return false;
      rmSync(file, { force: true });
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' });
      files.push(file);
      return true;
    } catch {
      return false;
    }
  };

  return {
    async take(wanted) {
      for (let port = wanted; port < Math.min(wanted + REACH, 65_536); port++) {
        if ((await isFree(port)) && reserve(port)) return port;
      }
      throw new StartupError(
        'NO_FREE_PORT',
        `no port from ${wanted} to ${wanted + REACH - 1} is free`,
        'Choose another one; npx techno start --help lists the options and variables.',
      );
    },
    releaseAll() {
      for (const file of files.splice(0)) rmSync(file, { force: true });
    },
  };
}

function isStale(file: string): boolean {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return true;
  }
  try {
    return !isAlive(JSON.parse(text) as ProcessIdentity);
  } catch {
    // Half-written by somebody who is just taking it.
    return false;
  }
}
