import { errorCode, errorMessage, MINUTE, SECOND, StartupError, type TemporaryError, type TerminalError } from '@techno/kernel';
import pg from 'pg';
import { storeError } from './batcher.ts';
import type { StoreObserver } from './observe.ts';
import type { Orm } from './orm.ts';
import { patientSocket } from './patient-socket.ts';

/** Access to Postgres: MikroORM for what is changed one by one, a pool of prepared statements for everything else. */
export interface Database {
  /** Loaded when it is first wanted: it is a third of all modules, and most processes only read what it writes. */
  orm(): Promise<Orm>;
  /** Who looks at what is written. */
  readonly observer?: StoreObserver | undefined;
  /** Connections of the hot path: in use or idle, and those who wait for one. */
  connections(): { total: number; idle: number; waiting: number };
  /** One statement on the hot path; `name` makes it prepared. Throws TemporaryError STORE_UNAVAILABLE or TerminalError STORE_REFUSED. */
  query<Row extends pg.QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]>;
  /** A transaction on one connection. */
  transaction<T>(
    work: (query: <Row extends pg.QueryResultRow>(statement: Statement, values: unknown[]) => Promise<Row[]>) => Promise<T>,
  ): Promise<T>;
  /** Set (epoch ms) while the last thing heard from the database was that it is away; whoever would only fail waits until then. */
  unavailableUntil(): number | undefined;
  /** Round trip in milliseconds; throws when there is no answer within two seconds. */
  ping(): Promise<number>;
  close(): Promise<void>;
}

export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** No statement of the hot path may take longer: whoever waits for it is told that the store is away. */
const STATEMENT_TIMEOUT_MS = 10 * SECOND;
/** A transaction whose client is gone, or asks no more, holds its locks and the sweeper's horizon no longer than that. */
const IDLE_IN_TRANSACTION_MS = 30 * SECOND;
/** A server that is there answers within that time, if only to say that the statement took too long. */
const PATIENCE_MS = STATEMENT_TIMEOUT_MS + 1 * SECOND;
/** How long nobody need ask again after the database was found away. */
const REST_MS = 1 * SECOND;
const CONNECT_TIMEOUT_MS = 2 * SECOND;
/** A new connection costs a process of the server, a handshake, and the plans of all statements anew. */
const IDLE_TIMEOUT_MS = 5 * MINUTE;

export interface DatabaseOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Connections for the hot path; the ORM keeps at most two more. */
  readonly poolSize?: number;
  readonly observer?: StoreObserver | undefined;
  /** How long a server may be silent while it is asked something, in milliseconds. */
  readonly patienceMs?: number;
}

/** Opens the pools without connecting; `checkDatabase` says whether anybody is there. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, applicationName, poolSize = 4, observer, patienceMs = PATIENCE_MS } = options;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    stream: () => patientSocket(patienceMs),
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at the next query; unheard, its event would end the process.
  pool.on('error', () => {});
  let orm: Promise<Orm> | undefined;

  let awayUntil: number | undefined;
  const heard = (error?: TemporaryError | TerminalError) => {
    awayUntil = error?.code === 'STORE_UNAVAILABLE' ? Date.now() + REST_MS : undefined;
  };

  const run = async <Row extends pg.QueryResultRow>(
    client: pg.Pool | pg.PoolClient,
    statement: Statement,
    values: unknown[],
  ): Promise<Row[]> => {
    const startedAt = performance.now();
    try {
      const rows = await ask<Row>(client, { name: statement.name, text: statement.text, values });
      if (awayUntil !== undefined) heard();
      observer?.queried(statement.name, (performance.now() - startedAt) / SECOND, undefined);
      return rows;
    } catch (error) {
      const failure = storeError(error);
      heard(failure);
      observer?.queried(statement.name, (performance.now() - startedAt) / SECOND, failure.code);
      throw failure;
    }
  };

  return {
    orm: () =>
      (orm ??= import('./orm.ts')
        .then(({ openOrm }) =>
          openOrm({ url, applicationName, connectTimeoutMs: CONNECT_TIMEOUT_MS, idleInTransactionMs: IDLE_IN_TRANSACTION_MS }),
        )
        .catch((failure: unknown) => {
          // Whoever asks next tries anew.
          orm = undefined;
          throw failure;
        })),
    observer,
    connections: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    // The victim of a deadlock has done nothing, so it may be done again.
    query: (statement, values) =>
      run<never>(pool, statement, values).catch((failure: unknown) => {
        if (!isDeadlock(failure)) throw failure;
        return run<never>(pool, statement, values);
      }),
    async transaction(work) {
      const client = await pool.connect().catch((error: unknown) => {
        const failure = storeError(error);
        heard(failure);
        throw failure;
      });
      let broken: Error | undefined;
      // A connection that dies while checked out reports here as well as to its query.
      const onError = (error: Error) => void (broken = error);
      client.on('error', onError);
      try {
        await ask(client, { text: 'begin' });
        const result = await work((statement, values) => run(client, statement, values));
        await ask(client, { text: 'commit' });
        return result;
      } catch (error) {
        await ask(client, { text: 'rollback' }).catch((cause: Error) => (broken = cause));
        throw storeError(error);
      } finally {
        client.off('error', onError);
        client.release(broken);
      }
    },
    unavailableUntil: () => awayUntil,
    async ping() {
      const startedAt = performance.now();
      await pool.query({ text: 'select 1', query_timeout: 2 * SECOND } as pg.QueryConfig);
      return performance.now() - startedAt;
    },
    async close() {
      await Promise.allSettled([pool.end(), orm?.then((opened) => opened.close())]);
    },
  };
}

/** By callback: with a promise of the client's own V8 keeps the query as it does with a timer (`patient-socket.ts`). */
function ask<Row extends pg.QueryResultRow>(client: pg.Pool | pg.PoolClient, query: pg.QueryConfig): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    client.query<Row>(query, (error: Error | undefined, result) => {
      if (error) reject(error);
      else resolve(result.rows);
    });
  });
}

const DEADLOCK_DETECTED = '40P01';

function isDeadlock(failure: unknown): boolean {
  return failure instanceof Error && failure.cause instanceof Error && errorCode(failure.cause) === DEADLOCK_DETECTED;
}

/** Fails the start with a cause and a fix where the database is away or its schema is not there. */
export async function checkDatabase(database: Database): Promise<void> {
  try {
    await database.ping();
  } catch (cause) {
    throw new StartupError(
      'POSTGRES_UNREACHABLE',
      `cannot reach Postgres: ${errorMessage(cause)}`,
      'Is it running, and does DATABASE_URL name it (postgres://user:password@host:5432/techno)?',
      { cause },
    );
  }
}
