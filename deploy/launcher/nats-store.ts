import { stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Watches that nobody removes JetStream's folder under the running server, which would go on answering from memory and
 * lose everything at its end. Started again, it makes a new one, and the services make their streams again.
 * @returns whether the folder is still the one first seen
 */
export function natsStoreWatch(storeDir: string): () => Promise<boolean> {
  // The account's folder appears with the first stream.
  const folders = [path.join(storeDir, 'jetstream'), path.join(storeDir, 'jetstream', '$G', 'streams')];
  const seen = new Map<string, number>();
  return async () => {
    for (const folder of folders) {
      const inode = await stat(folder).then(
        ({ ino }) => ino,
        () => undefined,
      );
      const before = seen.get(folder);
      if (before !== undefined && inode !== before) {
        seen.clear();
        return false;
      }
      if (inode !== undefined) seen.set(folder, inode);
    }
    return true;
  };
}
