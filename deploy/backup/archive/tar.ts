/** A file of the archive, whole in memory: what is large comes in parts. */
export interface Entry {
  readonly name: string;
  readonly data: Buffer;
}

const BLOCK = 512;

/** POSIX ustar, so that any `tar` opens the archive. Names of up to 100 bytes. */
export function tarEntry({ name, data }: Entry, modifiedS: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > 100) throw new Error(`the name is too long for tar: ${name}`);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o600, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(data.length, 11), 124);
  header.write(octal(modifiedS, 11), 136);
  header.write('0', 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc(-data.length & (BLOCK - 1))]);
}

/** Two empty blocks. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** The entries of a tar stream. @throws Error where it is damaged or ends too early */
export async function* tarEntries(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const take = reader(stream);
  for (;;) {
    const header = await take(BLOCK);
    if (header.every((byte) => byte === 0)) {
      await take(BLOCK);
      return;
    }
    if (checksum(header) !== parseInt(text(header, 148, 8), 8))
      throw new Error('the archive is damaged: a header does not add up');
    const size = parseInt(text(header, 124, 12), 8);
    const data = await take(size);
    await take(-size & (BLOCK - 1));
    yield { name: text(header, 0, 100), data };
  }
}

/** Sum of all bytes, those of the sum itself counted as blanks. */
function checksum(header: Buffer): number {
  let sum = 8 * 32;
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  return sum;
}

function text(header: Buffer, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('utf8');
}

function reader(stream: AsyncIterable<Uint8Array>): (bytes: number) => Promise<Buffer> {
  const iterator = stream[Symbol.asyncIterator]();
  let chunks: Uint8Array[] = [];
  let held = 0;
  return async (bytes) => {
    while (held < bytes) {
      const next = await iterator.next();
      if (next.done === true) throw new Error('the archive ends too early');
      chunks.push(next.value);
      held += next.value.length;
    }
    const all = Buffer.concat(chunks, held);
    chunks = [all.subarray(bytes)];
    held -= bytes;
    return all.subarray(0, bytes);
  };
}
