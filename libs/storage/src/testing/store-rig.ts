import { setTimeout } from 'node:timers/promises';
import type { ServiceName } from '@techno/contracts';
import pg from 'pg';
import { type Database, openDatabase } from '../database.ts';

/** What the testkit's `createDatabase` gives. */
interface OwnDatabase {
  readonly adminUrl: string;
  url(service: ServiceName): string;
  drop(): Promise<void>;
}

export interface StoreRig {
  readonly test: OwnDatabase;
  /** As one replica of that service: a pool of its own under the service's role. */
  open(service: ServiceName): Promise<Database>;
  /** As the superuser. */
  admin<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** Around a database of the test's own, which `close` drops. */
export function createStoreRig(test: OwnDatabase): StoreRig {
  const admin = new pg.Pool({ connectionString: test.adminUrl, max: 2 });
  admin.on('error', () => {});
  const opened: Database[] = [];
  return {
    test,
    async open(service) {
      const database = await openDatabase({ url: test.url(service), applicationName: `test-${service}` });
      opened.push(database);
      return database;
    },
    admin: async (text, values = []) => (await admin.query(text, values)).rows as never,
    async close() {
      await Promise.all(opened.map((database) => database.close()));
      await admin.end();
      await test.drop();
    },
  };
}

/** How often `work`, in a session of its own, reads `table` whole and how often by an index. It must read it somehow. */
export async function scansOf(
  rig: StoreRig,
  { service, table }: { service: ServiceName; table: string },
  work: (database: Database) => Promise<void>,
): Promise<{ whole: number; byIndex: number }> {
  const counted = async () => {
    const [row] = await rig.admin<{ whole: string; by_index: string }>(
      'select seq_scan as whole, coalesce(idx_scan, 0) as by_index from pg_stat_user_tables where relname = $1',
      [table],
    );
    return { whole: Number(row?.whole), byIndex: Number(row?.by_index) };
  };
  const before = await counted();
  const database = await rig.open(service);
  await work(database);
  // A session tells what it read when it ends.
  await database.close();
  for (;;) {
    const after = await counted();
    const [whole, byIndex] = [after.whole - before.whole, after.byIndex - before.byIndex];
    if (whole + byIndex > 0) return { whole, byIndex };
    await setTimeout(20);
  }
}

/** A trace id that says which one it is: `tr_` + 32 hex. */
export function traceId(n: number): string {
  return `tr_${n.toString(16).padStart(32, '0')}`;
}
