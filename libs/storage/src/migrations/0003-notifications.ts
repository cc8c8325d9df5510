import { Migration } from '@mikro-orm/migrations';

/**
 * What the notifier keeps. A delivery is one recipient of one notification: it moves along its channels, and whoever moves it
 * holds its fence. Times come from the notifier's clock, so that what is due can be asked of any moment.
 */
export class Migration0003Notifications extends Migration {
  override up(): void {
    this.addSql(`
      create table contacts (
        id text collate "C" primary key,
        document json not null,
        updated_at timestamptz not null
      )`);
    this.addSql(`
      create table suppressions (
        channel text not null,
        address text not null,
        reason text not null,
        since timestamptz not null,
        primary key (channel, address)
      )`);
    this.addSql(`
      create table templates (
        name text collate "C" not null,
        version int not null,
        document json not null,
        created_at timestamptz not null,
        created_by text not null,
        primary key (name, version)
      )`);
    this.addSql(`
      create table notifications (
        id text collate "C" primary key,
        trace_id text collate "C" not null,
        principal text not null,
        context_id text not null,
        request json not null,
        template_version int,
        accepted_at timestamptz not null
      )`);
    this.addSql('create index notifications_principal on notifications (principal, id)');
    this.addSql(`
      create table deliveries (
        id text collate "C" primary key,
        notification_id text collate "C" not null references notifications,
        seq bigint generated always as identity,
        recipient text collate "C" not null,
        given json,
        severity text not null,
        urgency int not null,
        channels text[] not null,
        position int not null default 0,
        channel text,
        state text not null,
        tier text not null default 'fast' check (tier in ('fast', 'slow', 'held')),
        tries int not null default 0,
        attempts int not null default 0,
        fence int not null default 0,
        due_at timestamptz,
        leased_until timestamptz,
        provider text,
        dedupe_key text,
        digest_key text,
        digest_of text collate "C",
        code text,
        accepted_at timestamptz not null,
        sent_at timestamptz,
        delivered_at timestamptz,
        read_at timestamptz,
        settled_at timestamptz
      )`);
    this.addSql('create index deliveries_notification on deliveries (notification_id)');
    this.addSql(`create index deliveries_due on deliveries (channel, due_at) where state = 'QUEUED'`);
    this.addSql(`create index deliveries_lane on deliveries (recipient, channel, seq) where state in ('QUEUED', 'SENDING')`);
    this.addSql(`create index deliveries_leased on deliveries (leased_until) where state = 'SENDING'`);
    this.addSql(
      `create index deliveries_awaiting on deliveries (due_at) where state in ('SENT', 'UNKNOWN') and settled_at is null`,
    );
    this.addSql(`create index deliveries_dedupe on deliveries (recipient, dedupe_key) where dedupe_key is not null`);
    this.addSql(`create index deliveries_digest on deliveries (recipient, digest_key) where digest_key is not null`);
    this.addSql(`create index deliveries_digested on deliveries (digest_of) where digest_of is not null`);
    this.addSql(`
      create table delivery_attempts (
        delivery_id text collate "C" not null references deliveries,
        number int not null,
        channel text not null,
        provider text,
        started_at timestamptz not null,
        finished_at timestamptz,
        class text,
        code text,
        spent boolean not null default true,
        provider_message_id text collate "C",
        receipt text,
        receipt_at timestamptz,
        primary key (delivery_id, number)
      )`);
    this.addSql(
      'create index delivery_attempts_message on delivery_attempts (channel, provider_message_id) where provider_message_id is not null',
    );
    // Providers are faster than our own record of what they took: what nobody asked for yet waits here.
    this.addSql(`
      create table early_receipts (
        channel text not null,
        provider_message_id text collate "C" not null,
        receipt text not null,
        at timestamptz not null,
        primary key (channel, provider_message_id, receipt)
      )`);
    // Theoretical arrival time of the next message (GCRA): one row a channel, one a recipient and channel.
    this.addSql('create table paces (key text collate "C" primary key, next_at timestamptz not null)');
    // What is still to be told over the bus; written with what it tells of.
    this.addSql(`
      create table notification_news (
        id bigint generated always as identity primary key,
        type text not null,
        body json not null
      )`);
  }

  override down(): void {
    for (const table of [
      'notification_news',
      'paces',
      'early_receipts',
      'delivery_attempts',
      'deliveries',
      'notifications',
      'templates',
      'suppressions',
      'contacts',
    ]) {
      this.addSql(`drop table ${table}`);
    }
  }
}
