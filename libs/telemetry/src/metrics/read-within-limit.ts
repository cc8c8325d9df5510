import { SECOND } from '@techno/kernel';

const READ_LIMIT_MS = 1 * SECOND;

/** What `read` gives within a second; nothing where it fails or takes longer, so that a scrape never hangs on the bus. */
export async function readWithinLimit<Item>(read: () => Promise<readonly Item[]>): Promise<readonly Item[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Item[]>((resolve) => {
    timer = setTimeout(() => resolve([]), READ_LIMIT_MS);
  });
  try {
    return await Promise.race([read(), late]);
  } catch {
    return [];
  } finally {
    clearTimeout(timer);
  }
}
