import type { Template } from '@techno/contracts';
import type { Database } from '../database.ts';

export interface StoredTemplate {
  readonly name: string;
  readonly version: number;
  readonly template: Template;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** Versions of templates. One is never changed, only followed by another. */
export interface Templates {
  /** Stores the next version. */
  add(name: string, template: Template, by: string, at: Date): Promise<StoredTemplate>;
  /** That version, or the newest. */
  find(name: string, version: number | undefined): Promise<StoredTemplate | undefined>;
  /** The newest version of each. */
  list(): Promise<StoredTemplate[]>;
}

type Row = { name: string; version: number; document: Template; created_at: Date; created_by: string };
const COLUMNS = 'name, version, document, created_at, created_by';
const stored = (row: Row): StoredTemplate => ({
  name: row.name,
  version: row.version,
  template: row.document,
  createdAt: row.created_at,
  createdBy: row.created_by,
});

export function createTemplates(database: Database): Templates {
  return {
    add: (name, template, by, at) =>
      database.transaction(async (query) => {
        // Two at once would both take the same number.
        await query({ name: 'templates-lock', text: 'select pg_advisory_xact_lock(hashtextextended($1, 3))' }, [name]);
        const [row] = await query<Row>(
          {
            name: 'templates-add',
            text: `insert into templates (name, version, document, created_at, created_by)
              values ($1, (select coalesce(max(version), 0) + 1 from templates where name = $1), $2, $3, $4) returning ${COLUMNS}`,
          },
          [name, JSON.stringify(template), at, by],
        );
        if (row === undefined) throw new Error('an insert returned nothing');
        return stored(row);
      }),
    async find(name, version) {
      const [row] = await database.query<Row>(
        {
          name: 'templates-find',
          text: `select ${COLUMNS} from templates where name = $1 and ($2::int is null or version = $2) order by version desc limit 1`,
        },
        [name, version ?? null],
      );
      return row && stored(row);
    },
    async list() {
      const rows = await database.query<Row>(
        {
          name: 'templates-list',
          text: `select distinct on (name) ${COLUMNS} from templates order by name, version desc`,
        },
        [],
      );
      return rows.map(stored);
    },
  };
}
