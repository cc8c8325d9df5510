import type { withConnection } from '@techno/embedded';

/** A connection as `withConnection` gives it. */
export type Client = Parameters<Parameters<typeof withConnection>[1]>[0];

/** Digest and number of the rows of every table. */
export type Contents = Readonly<Record<string, { readonly rows: number; readonly digest: string }>>;

/** What every table holds, but for what the migrations themselves keep and put there. */
export async function contentsOf(client: Client): Promise<Contents> {
  const contents: Record<string, { rows: number; digest: string }> = {};
  for (const { name } of await tablesOf(client)) {
    const own = name === 'templates' ? `where created_by <> 'system'` : '';
    const { rows } = await client.query<{ rows: number; digest: string }>(
      `select count(*)::int as rows, coalesce(md5(string_agg(one::text, '|' order by one::text)), '') as digest from ${name} one ${own}`,
    );
    if (rows[0] !== undefined) contents[name] = rows[0];
  }
  return contents;
}

async function tablesOf(client: Client): Promise<{ name: string }[]> {
  const { rows } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations' order by 1`,
  );
  return rows;
}

interface Column {
  readonly name: string;
  readonly type: string;
}

const SAMPLES: Readonly<Record<string, string>> = {
  text: 'sample',
  bigint: '1',
  integer: '1',
  smallint: '1',
  'double precision': '1',
  numeric: '1',
  boolean: 'true',
  json: '{}',
  jsonb: '{}',
  uuid: '00000000-0000-0000-0000-000000000001',
  bytea: '\\x00',
  ARRAY: '{}',
  date: '2026-01-01',
  'timestamp with time zone': '2026-01-01T00:00:00Z',
};

/** Puts a row into every table that has none: what each column's type, and its list of allowed words, takes. */
export async function fillEmpty(client: Client): Promise<void> {
  // Whether a row's neighbours exist is not what is tried here.
  await client.query('set session_replication_role = replica');
  for (const [table, { rows }] of Object.entries(await contentsOf(client))) {
    if (rows > 0) continue;
    const { rows: columns } = await client.query<Column>(
      `select column_name as name, data_type as type from information_schema.columns
       where table_schema = 'public' and table_name = $1 and is_nullable = 'NO' and column_default is null
         and is_identity = 'NO' and is_generated = 'NEVER'`,
      [table],
    );
    const words = await allowedWords(client, table);
    const values = columns.map(({ name, type }) => words.get(name) ?? SAMPLES[type] ?? null);
    const names = columns.map(({ name }) => name).join(', ');
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    await client.query(
      `insert into ${table} ${columns.length === 0 ? 'default values' : `(${names}) values (${places})`}`,
      values,
    );
  }
  await client.query('set session_replication_role = origin');
}

/** The last word, most often that of an end, of each column that a check holds to a list of words. */
async function allowedWords(client: Client, table: string): Promise<Map<string, string>> {
  const { rows } = await client.query<{ definition: string }>(
    `select pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = $1::regclass and contype = 'c'`,
    [table],
  );
  const lists = rows.flatMap(({ definition }) => [...definition.matchAll(/\(?(\w+)(?:::text)? = ANY \(\(?ARRAY\[([^\]]+)\]/g)]);
  return new Map(lists.map(([, column = '', words = '']) => [column, [...words.matchAll(/'([^']+)'/g)].at(-1)?.[1] ?? '']));
}
