import { DAY, HOUR } from '@techno/kernel';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { createDeliveries } from './deliveries.ts';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createDatabase();
  database = await openDatabase({ url: test.url('notifier'), applicationName: 'deliveries-test' });
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

it('receipts of messages that were never ours are nothing to do, and are forgotten', async () => {
  const deliveries = createDeliveries(database);
  const nowMs = Date.UTC(2026, 10, 22);
  const receipt = { channel: 'sms', status: 'DELIVERED' } as const;
  await deliveries.keepEarly({ ...receipt, id: 'old', at: new Date(nowMs - DAY - HOUR) });
  await deliveries.keepEarly({ ...receipt, id: 'young', at: new Date(nowMs - HOUR) });
  expect(await deliveries.awaiting(new Date(nowMs))).toEqual({ due: [], overdue: false, news: false });
  await deliveries.tidy(new Date(nowMs - DAY));
  const kept = await database.query({ name: 'kept', text: 'select provider_message_id as id from early_receipts' }, []);
  expect(kept).toEqual([{ id: 'young' }]);
});
