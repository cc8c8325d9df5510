import type pg from 'pg';

/** One table as a snapshot holds it. */
export interface TableShape {
  readonly name: string;
  /** Those that have a value of their own; generated ones are made again. */
  readonly columns: readonly string[];
  /** The primary key: rows are read in its order, so that the same rows are always the same text. */
  readonly key: readonly string[];
}

export interface SequenceState {
  readonly name: string;
  readonly last: string;
  readonly called: boolean;
}

/** Kept by the migrator itself. */
export const MIGRATIONS_TABLE = 'migrations';

/** Every table of the schema, what is referenced before what refers to it. */
export async function readTables(client: pg.Client): Promise<TableShape[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; key: string[]; refers_to: string[] }>(`
    select c.relname as name,
      (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      coalesce((select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)) from pg_index i
        join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
        where i.indrelid = c.oid and i.indisprimary), '{}') as key,
      coalesce((select array_agg(distinct r.relname::text) from pg_constraint k join pg_class r on r.oid = k.confrelid
        where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid), '{}') as refers_to
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> '${MIGRATIONS_TABLE}'
    order by c.relname`);
  return inOrder(rows.map(({ refers_to: refersTo, ...table }) => ({ ...table, refersTo }))).map(
    ({ refersTo: _, ...table }) => table,
  );
}

/** Sorts so that everything follows what it refers to. @throws Error where tables refer to each other in a circle */
export function inOrder<Table extends { readonly name: string; readonly refersTo: readonly string[] }>(
  tables: readonly Table[],
): Table[] {
  const sorted: Table[] = [];
  const placed = new Set<string>();
  let open = [...tables];
  while (open.length > 0) {
    const next = open.filter(({ refersTo }) => refersTo.every((name) => placed.has(name)));
    if (next.length === 0) throw new Error(`tables refer to each other in a circle: ${open.map(({ name }) => name).join(', ')}`);
    for (const table of next) {
      placed.add(table.name);
      sorted.push(table);
    }
    open = open.filter((table) => !next.includes(table));
  }
  return sorted;
}

/** Sequences know no transactions, so these are at least as far as the rows of any snapshot taken before. */
export async function readSequences(client: pg.Client): Promise<SequenceState[]> {
  const { rows } = await client.query<{ name: string }>(
    `select sequencename as name from pg_sequences where schemaname = 'public' and sequencename not like '${MIGRATIONS_TABLE}%' order by 1`,
  );
  const states: SequenceState[] = [];
  for (const { name } of rows) {
    const { rows: state } = await client.query<{ last_value: string; is_called: boolean }>(
      `select last_value, is_called from ${client.escapeIdentifier(name)}`,
    );
    states.push({ name, last: state[0]?.last_value ?? '1', called: state[0]?.is_called ?? false });
  }
  return states;
}

/** Names of migrations that were applied, in their order; none where the schema was never made. */
export async function readMigrations(client: pg.Client): Promise<string[]> {
  const { rows: there } = await client.query('select 1 from pg_tables where schemaname = $1 and tablename = $2', [
    'public',
    MIGRATIONS_TABLE,
  ]);
  if (there.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${MIGRATIONS_TABLE} order by id`);
  return rows.map(({ name }) => name);
}
