import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from './database.ts';

let own: TestDatabase;
let database: Database;
beforeAll(async () => {
  own = await createDatabase();
  database = await openDatabase({ url: own.adminUrl, applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await own.drop();
});

test('two statements that wait for each other both end: the victim of the deadlock does it again', async () => {
  const run = (name: string, text: string, values: unknown[] = []) => database.query<{ n: number }>({ name, text }, values);
  await run('create', 'create table pairs (id int primary key, n int not null)');
  await run('fill', 'insert into pairs values (1, 0), (2, 0)');
  await run(
    'function',
    `create function add_to_both(first int, second int) returns void language plpgsql as $$ begin
      update pairs set n = n + 1 where id = first; perform pg_sleep(0.5); update pairs set n = n + 1 where id = second;
    end $$`,
  );
  await Promise.all([run('both', 'select add_to_both($1, $2)', [1, 2]), run('both', 'select add_to_both($1, $2)', [2, 1])]);
  expect(await run('read', 'select n from pairs order by id')).toEqual([{ n: 2 }, { n: 2 }]);
});
