import type { Entry } from './tar.ts';

/** One thing of the archive, whose parts lie in one folder. */
export interface Group {
  readonly folder: string;
  readonly data: AsyncIterable<Buffer>;
}

/** Joins entries of one folder that follow each other. A group is over when the next one is asked for, read or not. */
export async function* grouped(entries: AsyncIterable<Entry>): AsyncGenerator<Group> {
  const iterator = entries[Symbol.asyncIterator]();
  try {
    let current = await iterator.next();
    while (current.done !== true) {
      const folder = folderOf(current.value);
      const inside = () => current.done !== true && folderOf(current.value) === folder;
      async function* data(): AsyncGenerator<Buffer> {
        while (current.done !== true && inside()) {
          yield current.value.data;
          current = await iterator.next();
        }
      }
      yield { folder, data: data() };
      while (inside()) current = await iterator.next();
    }
  } finally {
    await iterator.return?.();
  }
}

/** An entry that has none is a group of its own. */
function folderOf({ name }: Entry): string {
  const end = name.lastIndexOf('/');
  return end === -1 ? name : name.slice(0, end);
}
