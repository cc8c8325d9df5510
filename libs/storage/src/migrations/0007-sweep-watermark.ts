import { Migration } from '@mikro-orm/migrations';

/**
 * The sweeper passes by each request once, up to a watermark, and notes the few that have not ended; before, the row of each was
 * written once more when it had. `inbox.settled_at` and `inbox.drives` stay for gateways of the version before, which run beside
 * and after this one: to them what this one accepts is not settled, so they look after it.
 */
export class Migration0007SweepWatermark extends Migration {
  override up(): void {
    this.addSql(
      'create table inbox_watermark (one boolean primary key default true check (one), passed_until timestamptz not null)',
    );
    // What is not settled yet has been accepted by the version before.
    this.addSql(`insert into inbox_watermark (passed_until) values ('-infinity')`);
    this.addSql(`
      create table inbox_overdue (
        trace_id text collate "C" primary key,
        due_at timestamptz not null,
        drives int not null default 0
      )`);
    this.addSql('create index inbox_overdue_due on inbox_overdue (due_at)');
  }

  override down(): void {
    this.addSql('drop table inbox_overdue');
    this.addSql('drop table inbox_watermark');
  }
}
