import { claimPort, isPortFree, type PortClaim } from '@techno/embedded';
import { StartupError } from '@techno/kernel';

/** How far above the wanted port to look. */
const REACH = 200;

export interface Ports {
  /** The wanted port, or the next free one above it. @throws StartupError NO_FREE_PORT */
  take(wanted: number): Promise<number>;
  releaseAll(): void;
}

/** Finds ports and keeps them from other launchers on this machine, and from asking here twice. */
export function reservePorts(isFree: (port: number) => Promise<boolean> = isPortFree): Ports {
  const claims: PortClaim[] = [];

  /** Claimed before it is looked at, so that of two launchers at the same moment one goes on to the next. */
  const reserve = async (port: number): Promise<boolean> => {
    const claim = await claimPort(port);
    if (claim === undefined) return false;
    if (await isFree(port)) {
      claims.push(claim);
      return true;
    }
    claim.release();
    return false;
  };

  return {
    async take(wanted) {
      const end = Math.min(wanted + REACH, 65_536);
      for (let port = wanted; port < end; port++) if (await reserve(port)) return port;
      throw new StartupError(
        'NO_FREE_PORT',
        `no port from ${wanted} to ${end - 1} is free`,
        'Choose another one; npx techno start --help lists the options and variables.',
      );
    },
    releaseAll() {
      for (const claim of claims.splice(0)) claim.release();
    },
  };
}
