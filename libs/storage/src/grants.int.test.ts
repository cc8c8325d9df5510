import { SERVICES } from '@techno/contracts';
import pg from 'pg';
import { createDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GRANTS } from './grants.ts';
import { createStoreRig, type StoreRig } from './testing/store-rig.ts';

const VERBS = ['select', 'insert', 'update', 'delete', 'truncate'] as const;
type Verb = (typeof VERBS)[number];

let rig: StoreRig;
let tables: { name: string; column: string; type: string }[];
beforeAll(async () => {
  rig = createStoreRig(await createDatabase());
  tables = await rig.admin(
    `select c.table_name as name, min(c.column_name) as column, t.table_type as type from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and c.is_updatable = 'YES' and c.is_identity = 'NO' group by 1, 3 order by 1`,
  );
});
afterAll(() => rig.close());

/** A statement that needs exactly that privilege; what else is wrong with it comes after the privilege is checked. */
function attempt(verb: Verb, table: string, column: string): string {
  switch (verb) {
    case 'select':
      return `select * from ${table} limit 0`;
    case 'insert':
      return `insert into ${table} default values`;
    case 'update':
      return `update ${table} set ${column} = null where false`;
    case 'delete':
      return `delete from ${table} where false`;
    case 'truncate':
      return `truncate ${table}`;
  }
}

describe.each(SERVICES)('the role of %s', (service) => {
  test('may do with each table what is listed and nothing else', async () => {
    const client = new pg.Client({ connectionString: rig.test.url(service) });
    await client.connect();
    try {
      const [may, should]: Record<string, Verb[]>[] = [{}, {}];
      for (const { name, column, type } of tables) {
        const listed = (GRANTS[service][name] ?? '').split(/,\s*/);
        (should as Record<string, Verb[]>)[name] = VERBS.filter((verb) => listed.includes(verb));
        const allowed: Verb[] = [];
        // There is no truncating a view, whoever tries.
        for (const verb of type === 'VIEW' ? VERBS.filter((one) => one !== 'truncate') : VERBS) {
          await client.query('begin');
          const state = await client.query(attempt(verb, name, column)).then(
            () => 'done',
            (error: unknown) => String((error as { code?: string }).code),
          );
          await client.query('rollback');
          // Refused by the grants; anything else, a missing value for one, was tried and therefore allowed.
          if (state !== '42501') allowed.push(verb);
          if (state !== 'done' && state !== '42501') expect(state).toMatch(/^23/);
        }
        (may as Record<string, Verb[]>)[name] = allowed;
      }
      expect(may).toEqual(should);
      expect(Object.keys(GRANTS[service]).filter((name) => !tables.some((table) => table.name === name))).toEqual([]);
    } finally {
      await client.end();
    }
  });

  test('may neither create, nor alter, nor become somebody else', async () => {
    const client = new pg.Client({ connectionString: rig.test.url(service) });
    await client.connect();
    try {
      for (const sql of [
        'create table mine (x int)',
        'alter table audit_trail add column x int',
        'drop table audit_trail',
        'create index on audit_trail (key)',
        'alter table audit_trail disable trigger all',
        'set role postgres',
        'create role another',
        'select pg_read_file($$/etc/hostname$$)',
        'copy (select 1) to program $$true$$',
        'select * from pg_authid',
      ]) {
        await expect(client.query(sql), sql).rejects.toMatchObject({ code: expect.stringMatching(/^42/) as string });
      }
    } finally {
      await client.end();
    }
  });
});

test('nobody may change or remove what the audit trail says', () => {
  for (const service of SERVICES) expect(GRANTS[service]['audit_trail'] ?? '').not.toMatch(/update|delete|truncate/);
});
