import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grouped } from './grouped.ts';
import { type Entry, TAR_END, tarEntries, tarEntry } from './tar.ts';

const entries = fc.array(
  fc.record({
    name: fc.stringMatching(/^[a-z]{1,20}\/[0-9]{4}$/),
    data: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 8 },
);

async function* stream(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* each(list: readonly Entry[]): AsyncGenerator<Entry> {
  yield* list;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const pack = (list: readonly Entry[]) => Buffer.concat([...list.map((entry) => tarEntry(entry, 0)), TAR_END]);

test('what goes in comes out, in whatever pieces it arrives', async () => {
  await fc.assert(
    fc.asyncProperty(entries, fc.integer({ min: 1, max: 3_000 }), async (list, size) => {
      expect(await all(tarEntries(stream(pack(list), size)))).toEqual(list);
    }),
  );
});

test.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 600), 'ends too early'],
  ['a damaged header', (bytes: Buffer) => bytes.fill(1, 3, 4), 'does not add up'],
])('%s: not read as if it were whole', async (_, harm, message) => {
  const bytes = harm(pack([{ name: 'a/0000', data: Buffer.from('some data') }]));
  await expect(all(tarEntries(stream(bytes, 100)))).rejects.toThrow(message);
});

test('a name that tar cannot hold is refused', () => {
  expect(() => tarEntry({ name: 'x'.repeat(101), data: Buffer.alloc(0) }, 0)).toThrow('too long');
});

test('parts of one folder become one group, also where nobody reads them', async () => {
  const list = ['a/0000', 'a/0001', 'b/0000', 'manifest.json', 'c/0000', 'c/0001'].map((name) => ({
    name,
    data: Buffer.from(name),
  }));
  const seen: [string, string][] = [];
  for await (const { folder, data } of grouped(each(list))) {
    if (folder === 'b') continue;
    seen.push([folder, Buffer.concat(await all(data)).toString()]);
  }
  expect(seen).toEqual([
    ['a', 'a/0000a/0001'],
    ['manifest.json', 'manifest.json'],
    ['c', 'c/0000c/0001'],
  ]);
});
