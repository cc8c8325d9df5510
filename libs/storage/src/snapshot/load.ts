import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StartupError } from '@techno/kernel';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { connected, digesting, readableTexts, rowsOf, type TableDigest } from './dump.ts';
import { holdInDoubt } from './in-doubt.ts';
import { readMigrations, readTables, type SequenceState, type TableShape } from './shape.ts';

/**
 * No system does anything without a row in one of these: the first start makes the first key. Other tables may hold what
 * migrations put there.
 */
const SIGNS_OF_USE = new Set(['api_keys', 'policies', 'inbox', 'actions', 'audit_trail', 'contacts', 'webhook_sources']);

/** A database that is being filled, in one transaction. */
export interface DatabaseLoad {
  fill(table: TableShape, rows: AsyncIterable<Buffer>): Promise<void>;
  setSequence(sequence: SequenceState): Promise<void>;
  /** Reads a table back, as it will be committed. */
  digest(table: TableShape): Promise<TableDigest>;
  /** See `holdInDoubt`. */
  holdInDoubt(takenAt: Date): Promise<{ underWay: number; held: number }>;
}

/**
 * Whether nothing was ever done in this database, and nobody is connected to it.
 * @throws StartupError POSTGRES_UNREACHABLE, DATABASE_NOT_EMPTY, DATABASE_IN_USE
 */
export async function assertEmptyDatabase(url: string): Promise<void> {
  const client = await connected(url, 'techno-restore');
  try {
    const used: string[] = [];
    for (const { name } of await readTables(client)) {
      if (!SIGNS_OF_USE.has(name)) continue;
      const { rowCount } = await client.query(`select 1 from ${client.escapeIdentifier(name)} limit 1`);
      if (rowCount !== 0) used.push(name);
    }
    if (used.length > 0) {
      throw new StartupError(
        'DATABASE_NOT_EMPTY',
        `the database holds something already (in ${used.join(', ')})`,
        'A restore never mixes two pasts: restore into an empty database.',
      );
    }
    const others = await client.query<{ application_name: string }>(
      `select distinct application_name from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    if (others.rowCount !== 0) {
      throw new StartupError(
        'DATABASE_IN_USE',
        `others are connected to the database: ${others.rows.map(({ application_name: name }) => name || 'unnamed').join(', ')}`,
        'Stop the services first; start them when the restore is done.',
      );
    }
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Fills a database whose schema is that of the snapshot. All or nothing: what `work` throws leaves it as it was.
 * @throws StartupError SCHEMA_DIFFERS
 */
export async function loadDatabase<T>(
  url: string,
  migrations: readonly string[],
  work: (load: DatabaseLoad) => Promise<T>,
): Promise<T> {
  const client = await connected(url, 'techno-restore');
  try {
    const applied = await readMigrations(client);
    if (applied.join() !== migrations.join()) {
      throw new StartupError(
        'SCHEMA_DIFFERS',
        `the schema of the database (${applied.join(', ') || 'none'}) is not that of the backup (${migrations.join(', ')})`,
        'Restore into a database without tables; the restore brings it to the right schema.',
      );
    }
    await readableTexts(client);
    await client.query('begin');
    // What migrations put there is in the backup as well, as it was by then.
    const tables = (await readTables(client)).map(({ name }) => client.escapeIdentifier(name));
    await client.query(`truncate ${tables.join(', ')}`);
    const result = await work({
      fill: (table, rows) => fill(client, table, rows),
      async setSequence({ name, last, called }) {
        await client.query('select setval($1::regclass, $2, $3)', [client.escapeIdentifier(name), last, called]);
      },
      digest: (table) => digestOf(client, table),
      holdInDoubt: (takenAt) => holdInDoubt(client, takenAt),
    });
    await client.query('commit');
    await client.query('analyze');
    return result;
  } finally {
    await client.end().catch(() => {});
  }
}

async function fill(client: pg.Client, { name, columns }: TableShape, rows: AsyncIterable<Buffer>): Promise<void> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const sink = client.query(copyFrom(`copy ${client.escapeIdentifier(name)} (${list}) from stdin with (header match)`));
  await pipeline(Readable.from(rows, { objectMode: false }), sink);
}

async function digestOf(client: pg.Client, table: TableShape): Promise<TableDigest> {
  const digest = digesting();
  for await (const chunk of rowsOf(client, table)) digest.add(chunk);
  return digest.digest();
}
