import { createBatcher, openDatabase } from '@techno/storage';

/** Resolves when it is committed. */
export type Commit = (body: string) => Promise<void>;

/** Where the committed hops keep what passes. */
export const RECORD = 'create table hops (id bigint generated always as identity primary key, body jsonb not null)';
const INSERT = { name: 'hops-insert', text: 'insert into hops (body) select body from unnest($1::jsonb[]) as passed (body)' };

/**
 * The least that commits what passes before it goes on: up to 100 rows in one statement, 1 ms to fill it, three under way on four connections.
 * @param url of a database with RECORD; nothing is committed without one
 */
export async function commitTo(url: string | undefined): Promise<Commit> {
  if (url === undefined) return async () => {};
  const database = await openDatabase({ url, applicationName: 'bench', poolSize: 4 });
  const batcher = createBatcher<string, void>({
    maxRows: 100,
    maxWaitMs: 1,
    maxInFlight: 3,
    async flush(bodies) {
      await database.query(INSERT, [bodies]);
      return bodies.map(() => undefined);
    },
  });
  return (body) => batcher.add(body);
}
