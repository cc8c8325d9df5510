import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, createGzip } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';
import { errorMessage, StartupError } from '@techno/kernel';
import { type Entry, TAR_END, tarEntries, tarEntry } from './tar.ts';

/** Of what does not fit into one entry. */
const PART_BYTES = 4 * 1024 * 1024;
/** More takes longer and saves little on rows of JSON; streams come compressed. */
const GZIP_LEVEL = 3;

export interface ArchiveWriter {
  /** One entry. */
  add(entry: Entry): Promise<void>;
  /** As many entries `<folder>/0000`, `<folder>/0001`, … as the data takes. */
  addParts(folder: string, data: AsyncIterable<Uint8Array>): Promise<void>;
}

export interface Written {
  readonly file: string;
  readonly bytes: number;
  /** Of the file as it lies there; also beside it, in `<file>.sha256`. */
  readonly sha256: string;
}

/**
 * Writes tar → gzip → age into `file`. It appears under its name when it is whole, readable for its owner alone.
 * `age -d -i KEY FILE | tar xz` opens it without this program.
 */
export async function writeArchive(
  file: string,
  recipients: readonly string[],
  now: Date,
  work: (archive: ArchiveWriter) => Promise<void>,
): Promise<Written> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const plain = new PassThrough({ highWaterMark: PART_BYTES });
  const gzip = plain.pipe(createGzip({ level: GZIP_LEVEL }));
  const sealed = await encrypter.encrypt(Readable.toWeb(gzip) as ReadableStream<Uint8Array>);
  const hash = createHash('sha256');
  const draft = `${file}.part`;
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const written = pipeline(
    Readable.fromWeb(sealed as ReadableStream<Uint8Array>),
    hashing,
    createWriteStream(draft, { mode: 0o600 }),
  );
  written.catch((error: unknown) => plain.destroy(error as Error));
  const put = (bytes: Buffer) =>
    new Promise<void>((resolve, reject) => plain.write(bytes, (error) => (error ? reject(error) : resolve())));
  const add = (entry: Entry) => put(tarEntry(entry, Math.floor(now.getTime() / 1_000)));
  try {
    await work({
      add,
      async addParts(folder, data) {
        let number = 0;
        for await (const part of parts(data)) await add({ name: `${folder}/${String(number++).padStart(4, '0')}`, data: part });
      },
    });
    await put(TAR_END);
    plain.end();
    await written;
    await rename(draft, file);
  } catch (error) {
    plain.destroy();
    gzip.destroy();
    await written.catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
  const sha256 = hash.digest('hex');
  await writeFile(`${file}.sha256`, `${sha256}  ${path.basename(file)}\n`, { mode: 0o600 });
  return { file, bytes: (await stat(file)).size, sha256 };
}

/**
 * The entries of an archive, in their order. Nothing of a chunk is given out before its tag was checked, but a cut at the end
 * shows only there: who must know that all of it is good reads to the end first.
 * @throws StartupError BACKUP_UNREADABLE
 */
export async function* readArchive(file: string, identity: string): AsyncGenerator<Entry> {
  const source = createReadStream(file, { highWaterMark: 1024 * 1024 });
  let isOpen = false;
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const opened = await decrypter.decrypt(Readable.toWeb(source) as ReadableStream<Uint8Array>);
    isOpen = true;
    // `compose` hands the errors of every part on to whoever reads.
    const plain: Readable = Readable.fromWeb(opened as ReadableStream<Uint8Array>).compose(createGunzip());
    const chunks = plain[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    yield* tarEntries({ [Symbol.asyncIterator]: () => chunks });
    // Behind the end of the tar come those of gzip and of age, with their checks.
    if ((await chunks.next()).done !== true) throw new Error('something follows the archive');
  } catch (cause) {
    throw unreadable(file, isOpen, cause);
  } finally {
    source.destroy();
  }
}

function unreadable(file: string, isOpen: boolean, cause: unknown): StartupError {
  const [what, fix] = isOpen
    ? ['is damaged or cut off', 'Take another copy of it, or an older backup.']
    : ['cannot be opened with this key', 'Name the key it was made with (--key), or take another copy: its head may be damaged.'];
  return new StartupError('BACKUP_UNREADABLE', `${file} ${what}: ${errorMessage(cause)}`, fix, { cause });
}

/** The same bytes in pieces of one size. */
async function* parts(data: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of data) {
    held.push(chunk);
    bytes += chunk.length;
    while (bytes >= PART_BYTES) {
      const all = Buffer.concat(held, bytes);
      yield all.subarray(0, PART_BYTES);
      held = [all.subarray(PART_BYTES)];
      bytes -= PART_BYTES;
    }
  }
  if (bytes > 0) yield Buffer.concat(held, bytes);
}
