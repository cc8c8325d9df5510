import { createHash } from 'node:crypto';
import { errorMessage, StartupError } from '@techno/kernel';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { readMigrations, readSequences, readTables, type SequenceState, type TableShape } from './shape.ts';

/** The whole database as it was at one moment. */
export interface DatabaseSnapshot {
  readonly migrations: readonly string[];
  /** In the order in which they can be filled. */
  readonly tables: readonly TableShape[];
  readonly sequences: readonly SequenceState[];
  /** Of the server, such as 18.4. */
  readonly serverVersion: string;
  /**
   * The rows of one table in the text format of COPY, which every later version of PostgreSQL reads, behind a line with the
   * names of the columns. One table at a time.
   */
  rows(table: TableShape): AsyncIterable<Buffer>;
}

/**
 * Shows `work` the database in one read-only REPEATABLE READ transaction: whatever is written meanwhile, every table is read
 * as of the same moment, and nobody waits for it.
 * @throws StartupError POSTGRES_UNREACHABLE
 */
export async function snapshotDatabase<T>(url: string, work: (snapshot: DatabaseSnapshot) => Promise<T>): Promise<T> {
  const client = await connected(url, 'techno-backup');
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    await readableTexts(client);
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return await work({
      migrations: await readMigrations(client),
      tables: await readTables(client),
      sequences: await readSequences(client),
      serverVersion: rows[0]?.server_version ?? '',
      rows: (table) => rowsOf(client, table),
    });
  } finally {
    await client.end().catch(() => {});
  }
}

/** Values read back are the same texts whatever the settings of the server are. */
export async function readableTexts(client: pg.Client): Promise<void> {
  await client.query(`set timezone = 'UTC'`);
  await client.query(`set datestyle = 'ISO, MDY'`);
  await client.query('set extra_float_digits = 3');
  await client.query('set statement_timeout = 0');
}

export async function connected(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // The query under way rejects; without a listener a cut connection would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (cause) {
    throw new StartupError(
      'POSTGRES_UNREACHABLE',
      `cannot reach Postgres: ${errorMessage(cause)}`,
      'Is it running, and does DATABASE_URL name it?',
      {
        cause,
      },
    );
  }
}

export async function* rowsOf(client: pg.Client, { name, columns, key }: TableShape): AsyncGenerator<Buffer> {
  const list = (names: readonly string[]) => names.map((column) => client.escapeIdentifier(column)).join(', ');
  const order = key.length === 0 ? '' : ` order by ${list(key)}`;
  const stream = client.query(
    copyTo(`copy (select ${list(columns)} from ${client.escapeIdentifier(name)}${order}) to stdout with (header)`),
  );
  for await (const chunk of stream) yield chunk as Buffer;
}

/** What a table holds, in few words. */
export interface TableDigest {
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of its rows in the text format of COPY, in the order of their key, behind the line with the columns. */
  readonly sha256: string;
}

/** Adds up a table's rows as they pass by. */
export function digesting(): { add(chunk: Buffer): void; digest(): TableDigest } {
  const hash = createHash('sha256');
  let lines = 0;
  let bytes = 0;
  return {
    add(chunk) {
      hash.update(chunk);
      bytes += chunk.length;
      // COPY escapes line feeds inside of values: each one ends a line.
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
    },
    digest: () => ({ rows: Math.max(0, lines - 1), bytes, sha256: hash.copy().digest('hex') }),
  };
}
