import { statfs } from 'node:fs/promises';
import { SECOND } from '@techno/kernel';

const MIB = 1024 * 1024;
/** With less than this it would run into the same wall at once. */
const ROOM_BYTES = 64 * MIB;

/**
 * A stream of nats-server (2.14) that once met a full disk goes on refusing with the same error when there is room again, until
 * the server is started anew; its health endpoint says so.
 * @returns whether that is so: a write error is kept, and the disk of `storeDir` has room
 */
export function keptWriteError(monitorPort: number, storeDir: string): () => Promise<boolean> {
  return async () => {
    try {
      const response = await fetch(`http://127.0.0.1:${monitorPort}/healthz`, { signal: AbortSignal.timeout(2 * SECOND) });
      const said = await response.text();
      if (response.ok || !said.includes('write error')) return false;
      const { bavail, bsize } = await statfs(storeDir);
      return bavail * bsize >= ROOM_BYTES;
    } catch {
      // No answer is no finding: that it lives at all is watched elsewhere.
      return false;
    }
  };
}
