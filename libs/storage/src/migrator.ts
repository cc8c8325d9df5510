import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import { entities } from './entities.ts';
import { Migration0001Main } from './migrations/0001-main.ts';
import { Migration0002DeadLetters } from './migrations/0002-dead-letters.ts';
import { Migration0003Notifications } from './migrations/0003-notifications.ts';
import { Migration0004Schedules } from './migrations/0004-schedules.ts';
import { Migration0005Agenda } from './migrations/0005-agenda.ts';
import { Migration0006ForgottenByAge } from './migrations/0006-forgotten-by-age.ts';
import { Migration0007SweepWatermark } from './migrations/0007-sweep-watermark.ts';

const MIGRATIONS = [
  { name: '0001-main', class: Migration0001Main },
  { name: '0002-dead-letters', class: Migration0002DeadLetters },
  { name: '0003-notifications', class: Migration0003Notifications },
  { name: '0004-schedules', class: Migration0004Schedules },
  { name: '0005-agenda', class: Migration0005Agenda },
  { name: '0006-forgotten-by-age', class: Migration0006ForgottenByAge },
  { name: '0007-sweep-watermark', class: Migration0007SweepWatermark },
];

/** Their names, oldest first. */
export const KNOWN = MIGRATIONS.map(({ name }) => name);

export async function openMigrator(adminUrl: string): Promise<{ migrator: Migrator; close(): Promise<void> }> {
  const orm = await MikroORM.init({
    clientUrl: adminUrl,
    entities,
    extensions: [Migrator],
    migrations: { migrationsList: MIGRATIONS, snapshot: false, tableName: 'migrations' },
    pool: { min: 0, max: 2 },
    logger: () => {},
  });
  return { migrator: orm.migrator as Migrator, close: () => orm.close(true) };
}
