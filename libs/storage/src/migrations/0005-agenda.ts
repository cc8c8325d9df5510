import { Migration } from '@mikro-orm/migrations';
import { REMINDER_TEMPLATES } from './0005-reminder-templates.ts';

/**
 * Events and tasks, who is told of them, and what was told. `remind_at` is when the next occurrence that nobody was told of is to be
 * announced: the job reads what is due there, however many items there are. `starts_at` and `until_at` are the first and the last
 * start; a task's start is when it is due, and both are infinity where nothing ends or is due.
 */
export class Migration0005Agenda extends Migration {
  override up(): void {
    this.addSql(`
      create table agenda_items (
        id text collate "C" primary key,
        kind text not null check (kind in ('event', 'task')),
        owner text collate "C" not null,
        context_id text not null,
        uid text collate "C" not null,
        title text not null,
        description text not null,
        location text not null,
        starts_at timestamptz not null,
        ends_at timestamptz,
        all_day boolean not null,
        time_zone text not null,
        recurrence json,
        until_at timestamptz not null,
        completed_at timestamptz,
        remind_at timestamptz,
        sequence int not null,
        revision int not null default 1,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        unique (owner, kind, uid)
      )`);
    this.addSql('create index agenda_items_remind on agenda_items (kind, remind_at, id) where remind_at is not null');
    // A series is looked for by whether it still goes on, anything else by its start.
    for (const [name, columns] of [
      ['all', 'kind'],
      ['owned', 'owner, kind'],
    ]) {
      this.addSql(`create index agenda_items_${name} on agenda_items (${columns}, starts_at, id) where recurrence is null`);
      this.addSql(
        `create index agenda_series_${name} on agenda_items (${columns}, starts_at, id) include (until_at) where recurrence is not null`,
      );
    }
    this.addSql(`
      create table agenda_recipients (
        item_id text collate "C" not null references agenda_items on delete cascade,
        contact_id text collate "C" not null,
        from_at timestamptz not null,
        until_at timestamptz not null,
        primary key (item_id, contact_id)
      )`);
    this.addSql('create index agenda_recipients_contact on agenda_recipients (contact_id, until_at)');

    // What was told, or is about to be: committed before it is published, under the id it is published under.
    this.addSql(`
      create table agenda_reminders (
        item_id text collate "C" not null,
        recipient text collate "C" not null,
        occurrence text collate "C" not null,
        job text not null,
        starts_at timestamptz not null,
        key text collate "C" not null unique,
        status text not null check (status in ('claimed', 'told', 'heard', 'lost')),
        publishes int not null default 0,
        claimed_at timestamptz not null,
        told_at timestamptz,
        primary key (item_id, recipient, occurrence)
      )`);
    this.addSql(`create index agenda_reminders_open on agenda_reminders (job, told_at) where status in ('claimed', 'told')`);
    this.addSql('create index agenda_reminders_age on agenda_reminders (starts_at)');
    // Days whose briefs are all told, by who share the hour.
    this.addSql(`
      create table agenda_brief_rounds (
        time_zone text not null,
        at text not null,
        day date not null,
        primary key (time_zone, at, day)
      )`);

    // What of a contact the scheduler needs to know: everything but the addresses.
    this.addSql(`
      create view contact_settings as select id, document->>'name' as name, document->>'locale' as locale,
        document->>'time_zone' as time_zone, coalesce(document#>>'{preferences,daily_brief}', '') as daily_brief from contacts`);
    this.addSql(
      `create index contacts_brief on contacts ((document->>'time_zone'), (coalesce(document#>>'{preferences,daily_brief}', '')), id)`,
    );

    for (const [name, template] of Object.entries(REMINDER_TEMPLATES)) {
      this.addSql(`insert into templates (name, version, document, created_at, created_by)
        values ('${name}', 1, ${quoted(JSON.stringify(template))}, now(), 'system') on conflict do nothing`);
    }
  }

  override down(): void {
    this.addSql(`delete from templates where version = 1 and created_by = 'system'
      and name in (${Object.keys(REMINDER_TEMPLATES).map(quoted).join(', ')})`);
    this.addSql('drop index contacts_brief');
    this.addSql('drop view contact_settings');
    for (const table of ['agenda_brief_rounds', 'agenda_reminders', 'agenda_recipients', 'agenda_items'])
      this.addSql(`drop table ${table}`);
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
