import type { Database } from '../database.ts';
import { AGENDA_COLUMNS, type AgendaItem, agendaItemOf, type AgendaRow } from './agenda-rows.ts';

/** What of a contact a reminder needs: everything but the addresses. */
export interface ContactSettings {
  readonly id: string;
  readonly name: string;
  readonly locale: string;
  readonly timeZone: string;
  /** `HH:MM`, `off`, or empty where the contact says nothing of it. */
  readonly dailyBrief: string;
}

/** Who are told their day at the same time. */
export type BriefHour = Pick<ContactSettings, 'timeZone' | 'dailyBrief'>;

/** One such time of one day (`YYYY-MM-DD`). */
export interface BriefRound extends BriefHour {
  readonly day: string;
}

/** Contacts by when they are told their day, and what is in it. */
export interface Briefs {
  settingsOf(contacts: readonly string[]): Promise<Map<string, ContactSettings>>;
  /** Every combination that a contact has. */
  hours(): Promise<BriefHour[]>;
  /** The contacts of one, by id, from the one after `after`. */
  contactsAt(hour: BriefHour, after: string, limit: number): Promise<ContactSettings[]>;
  /** The open items of each that may fall between the two: series need a closer look. At most `limit` of one contact. */
  itemsOf(contacts: readonly string[], from: Date, to: Date, limit: number): Promise<Map<string, AgendaItem[]>>;
  /** The rounds that are done, of days from `since` on. */
  done(since: string): Promise<BriefRound[]>;
  /** Every contact of the round was looked at. */
  finish(round: BriefRound): Promise<void>;
  /** Forgets rounds of days before. */
  forget(before: string): Promise<void>;
}

type Row = { id: string; name: string; locale: string; time_zone: string; daily_brief: string };
const COLUMNS = 'id, name, locale, time_zone, daily_brief';

export function createBriefs(database: Database): Briefs {
  return {
    async settingsOf(contacts) {
      if (contacts.length === 0) return new Map();
      const rows = await database.query<Row>(
        { name: 'contact-settings', text: `select ${COLUMNS} from contact_settings where id = any($1::text[])` },
        [contacts],
      );
      return new Map(rows.map((row) => [row.id, settingsOf(row)]));
    },
    async hours() {
      const rows = await database.query<Pick<Row, 'time_zone' | 'daily_brief'>>(
        {
          name: 'brief-hours',
          // From each combination to the next one in the index: as many steps as there are combinations, however many contacts.
          text: `with recursive h as (
              (select time_zone, daily_brief from contact_settings order by 1, 2 limit 1)
              union all
              select n.time_zone, n.daily_brief from h, lateral (select c.time_zone, c.daily_brief from contact_settings c
                where (c.time_zone, c.daily_brief) > (h.time_zone, h.daily_brief) order by 1, 2 limit 1) n)
            select time_zone, daily_brief from h`,
        },
        [],
      );
      return rows.map((row) => ({ timeZone: row.time_zone, dailyBrief: row.daily_brief }));
    },
    async contactsAt({ timeZone, dailyBrief }, after, limit) {
      const rows = await database.query<Row>(
        {
          name: 'brief-contacts',
          text: `select ${COLUMNS} from contact_settings where time_zone = $1 and daily_brief = $2 and id > $3 order by id limit $4`,
        },
        [timeZone, dailyBrief, after, limit],
      );
      return rows.map(settingsOf);
    },
    async itemsOf(contacts, from, to, limit) {
      const rows = await database.query<AgendaRow & { contact_id: string }>(
        {
          name: 'brief-items',
          text: `select c.contact_id, ${AGENDA_COLUMNS} from unnest($1::text[]) as c(contact_id)
            cross join lateral (select r.item_id from agenda_recipients r
              where r.contact_id = c.contact_id and r.until_at >= $2 and r.from_at < $3 order by r.until_at limit $4) x
            join agenda_items i on i.id = x.item_id where i.completed_at is null`,
        },
        [contacts, from, to, limit],
      );
      const found = new Map<string, AgendaItem[]>();
      for (const row of rows) {
        const items = found.get(row.contact_id);
        if (items === undefined) found.set(row.contact_id, [agendaItemOf(row)]);
        else items.push(agendaItemOf(row));
      }
      return found;
    },
    async done(since) {
      const rows = await database.query<{ time_zone: string; at: string; day: string }>(
        {
          name: 'brief-rounds',
          text: 'select time_zone, at, day::text as day from agenda_brief_rounds where day >= $1::date',
        },
        [since],
      );
      return rows.map((row) => ({ timeZone: row.time_zone, dailyBrief: row.at, day: row.day }));
    },
    async finish({ timeZone, dailyBrief, day }) {
      await database.query(
        {
          name: 'brief-round-done',
          text: 'insert into agenda_brief_rounds (time_zone, at, day) values ($1, $2, $3::date) on conflict do nothing',
        },
        [timeZone, dailyBrief, day],
      );
    },
    async forget(before) {
      await database.query({ name: 'brief-rounds-forget', text: 'delete from agenda_brief_rounds where day < $1::date' }, [
        before,
      ]);
    },
  };
}

function settingsOf(row: Row): ContactSettings {
  return { id: row.id, name: row.name, locale: row.locale, timeZone: row.time_zone, dailyBrief: row.daily_brief };
}
