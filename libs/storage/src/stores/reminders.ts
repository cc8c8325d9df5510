import type { Database } from '../database.ts';

/** One announcement: of which occurrence, to whom. */
export interface ReminderOf {
  readonly itemId: string;
  readonly recipient: string;
  readonly occurrence: string;
}

export interface NewReminder extends ReminderOf {
  /** What is announced. */
  readonly startsAt: Date;
  /** Becomes the notification's id, unless one was claimed before. */
  readonly key: string;
}

export type ReminderStatus = 'claimed' | 'told' | 'heard' | 'lost';

export interface StoredReminder extends NewReminder {
  readonly status: ReminderStatus;
  readonly claimedAt: Date;
}

/**
 * What was told to whom. A reminder is claimed before it is published, under the key it is published with, and told after: so one that
 * was claimed and not told is published again under the same key, which the notifier takes once. `heard` is when the notifier has it.
 */
export interface Reminders {
  /**
   * Claims each that nobody was told of, and gives those to publish: the new ones, and those claimed by a run that did not end. One that
   * was told is claimed anew only for a start at least `renewMs` later than the one it was told for.
   */
  claim(job: string, reminders: readonly NewReminder[], renewMs: number, now: Date): Promise<NewReminder[]>;
  /** They are on the bus. */
  told(keys: readonly string[], now: Date): Promise<void>;
  /**
   * Looks at those told before `before`: the notifier has them, or they are given back to be told once more where they still matter
   * (their start is after `since`), or they are lost.
   */
  settle(job: string, before: Date, since: Date, now: Date): Promise<{ heard: number; again: number; lost: number }>;
  /** Whether any is claimed and not told, for a start after `since`: a run did not end, or the notifier never heard of it. */
  unfinished(job: string, since: Date): Promise<boolean>;
  /** Of one item, the latest first. */
  ofItem(itemId: string, limit: number): Promise<StoredReminder[]>;
  /** Forgets those of starts before `before`. Gives how many, at most `limit`. */
  forget(before: Date, limit: number): Promise<number>;
}

/** Publications of one reminder, the repeat of a lost one included. */
const MOST_PUBLISHES = 2;
const SETTLED_AT_ONCE = 2_000;

type Row = {
  item_id: string;
  recipient: string;
  occurrence: string;
  starts_at: Date;
  key: string;
  status: ReminderStatus;
  claimed_at: Date;
};
const COLUMNS = 'r.item_id, r.recipient, r.occurrence, r.starts_at, r.key, r.status, r.claimed_at';

export function createReminders(database: Database): Reminders {
  const settled = `select r.key from agenda_reminders r where r.job = $1 and r.status = 'told' and r.told_at < $2`;
  return {
    async claim(job, reminders, renewMs, now) {
      if (reminders.length === 0) return [];
      const rows = await database.query<Row>(
        {
          name: 'reminders-claim',
          // In one order everywhere, so that two runs do not wait for each other in a circle.
          text: `insert into agenda_reminders as r (item_id, recipient, occurrence, job, starts_at, key, status, claimed_at)
            select n.item_id, n.recipient, n.occurrence, $6, n.starts_at, n.key, 'claimed', $7
            from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
              as n(item_id, recipient, occurrence, starts_at, key) order by 1, 2, 3
            on conflict (item_id, recipient, occurrence) do update set status = 'claimed', starts_at = excluded.starts_at,
              key = case r.status when 'claimed' then r.key else excluded.key end,
              publishes = case r.status when 'claimed' then r.publishes else 0 end,
              claimed_at = excluded.claimed_at, told_at = null
              where r.status = 'claimed' or excluded.starts_at >= r.starts_at + $8 * interval '1 millisecond'
            returning ${COLUMNS}`,
        },
        [
          reminders.map(({ itemId }) => itemId),
          reminders.map(({ recipient }) => recipient),
          reminders.map(({ occurrence }) => occurrence),
          reminders.map(({ startsAt }) => startsAt),
          reminders.map(({ key }) => key),
          job,
          now,
          renewMs,
        ],
      );
      return rows.map(reminderOf);
    },
    async told(keys, now) {
      if (keys.length === 0) return;
      await database.query(
        {
          name: 'reminders-told',
          // In the order in which they are claimed, for the same reason.
          text: `update agenda_reminders r set status = 'told', told_at = $2, publishes = publishes + 1
            from (select key from agenda_reminders where key = any($1::text[]) and status = 'claimed'
              order by item_id, recipient, occurrence for update) as claimed
            where r.key = claimed.key and r.status = 'claimed'`,
        },
        [keys, now],
      );
    },
    async settle(job, before, since, now) {
      const counts = { heard: 0, again: 0, lost: 0 };
      for (;;) {
        const heard = await database.query(
          {
            name: 'reminders-heard',
            text: `update agenda_reminders set status = 'heard' where key = any(array(
                ${settled} and exists (select 1 from notifications n where n.id = 'ntf_' || r.key) limit $3)) returning key`,
          },
          [job, before, SETTLED_AT_ONCE],
        );
        counts.heard += heard.length;
        if (heard.length < SETTLED_AT_ONCE) break;
      }
      const again = await database.query<{ item_id: string }>(
        {
          name: 'reminders-again',
          text: `with again as (
              update agenda_reminders set status = 'claimed', told_at = null where key = any(array(
                ${settled} and r.publishes < $3 and r.starts_at > $4 limit $5)) and status = 'told' returning item_id),
            due as (update agenda_items set remind_at = $6 where id in (select item_id from again))
            select item_id from again`,
        },
        [job, before, MOST_PUBLISHES, since, SETTLED_AT_ONCE, now],
      );
      const lost = await database.query(
        {
          name: 'reminders-lost',
          text: `update agenda_reminders set status = 'lost' where key = any(array(
              ${settled} and (r.publishes >= $3 or r.starts_at <= $4) limit $5)) and status = 'told' returning key`,
        },
        [job, before, MOST_PUBLISHES, since, SETTLED_AT_ONCE],
      );
      return { ...counts, again: again.length, lost: lost.length };
    },
    async unfinished(job, since) {
      const rows = await database.query(
        {
          name: 'reminders-unfinished',
          text: `select 1 from agenda_reminders where job = $1 and status = 'claimed' and starts_at > $2 limit 1`,
        },
        [job, since],
      );
      return rows.length > 0;
    },
    async ofItem(itemId, limit) {
      const rows = await database.query<Row>(
        {
          name: 'reminders-of-item',
          text: `select ${COLUMNS} from agenda_reminders r where r.item_id = $1 order by r.claimed_at desc, r.recipient limit $2`,
        },
        [itemId, limit],
      );
      return rows.map(reminderOf);
    },
    async forget(before, limit) {
      const rows = await database.query(
        {
          name: 'reminders-forget',
          text: `delete from agenda_reminders where key = any(array(
            select key from agenda_reminders where starts_at < $1 limit $2)) returning key`,
        },
        [before, limit],
      );
      return rows.length;
    },
  };
}

function reminderOf(row: Row): StoredReminder {
  return {
    itemId: row.item_id,
    recipient: row.recipient,
    occurrence: row.occurrence,
    startsAt: row.starts_at,
    key: row.key,
    status: row.status,
    claimedAt: row.claimed_at,
  };
}
