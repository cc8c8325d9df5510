import { HOUR, MINUTE } from '@techno/kernel';
import type { AgendaItem, ContactSettings } from '@techno/storage';
import { occurrencesBetween } from './occurrences.ts';
import { momentOf } from './rule.ts';
import { dayAfter, dayIn, startOfDay } from './times.ts';
import { wordsFor } from './words.ts';

/** A brief that could not be told in time is told until so long after its hour. */
export const BRIEF_LATE_MS = 2 * HOUR;

/** One day in one zone, and when it is told. */
export interface DueBrief {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly atMs: number;
}

/**
 * The brief that is due where the hour is `clock` (`HH:MM`) in the zone; undefined: none. Clocks that skip the hour have it right after;
 * of an hour that comes twice the first counts. Close to midnight the day before may still be due.
 */
export function dueBrief(nowMs: number, zone: string, clock: string): DueBrief | undefined {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  const today = dayIn(zone, nowMs);
  for (const day of [today, dayAfter(today, -1)]) {
    const atMs = momentOf(zone, Date.parse(`${day}T00:00:00Z`) + hours * HOUR + minutes * MINUTE);
    if (atMs <= nowMs && nowMs < atMs + BRIEF_LATE_MS) return { day, atMs };
  }
  return undefined;
}

/** From its first moment to that of the next day. */
export function boundsOf(zone: string, day: string): { fromMs: number; toMs: number } {
  return { fromMs: startOfDay(zone, day), toMs: startOfDay(zone, dayAfter(day)) };
}

interface Entry {
  readonly title: string;
  readonly location: string;
  readonly time: string;
  readonly all_day: boolean;
  readonly overdue: boolean;
}

/** Lists longer than this are cut in the message's data; the counts are whole. */
const MOST_ENTRIES = 50;

/** What fills the template; undefined where there is nothing to tell. */
export function briefOf(
  contact: ContactSettings,
  day: string,
  items: readonly AgendaItem[],
): Readonly<Record<string, unknown>> | undefined {
  const { fromMs, toMs } = boundsOf(contact.timeZone, day);
  const words = wordsFor(contact.locale, contact.timeZone);
  const events = items
    .filter(({ kind }) => kind === 'event')
    .flatMap((item) =>
      occurrencesOnDay(item, day, { fromMs, toMs }).map((one) => ({
        at: item.allDay ? 0 : one.startsMs,
        allDay: item.allDay,
        ...one,
      })),
    )
    .toSorted((a, b) => a.at - b.at)
    .map(({ title, location, allDay, startsMs }): Entry => entry(title, location, allDay, false, startsMs));
  const tasks = items
    .flatMap((item) => (item.kind === 'task' && item.startsAt !== undefined ? [{ ...item, dueMs: item.startsAt.getTime() }] : []))
    // A whole day is the same day everywhere, wherever it began.
    .map((task) => ({ ...task, dueDay: dayIn(task.allDay ? task.timeZone : contact.timeZone, task.dueMs) }))
    .filter(({ dueDay }) => dueDay <= day)
    .toSorted((a, b) => a.dueMs - b.dueMs)
    .map(({ title, allDay, dueDay, dueMs }) => entry(title, '', allDay, dueDay < day, dueMs));
  if (events.length + tasks.length === 0) return undefined;
  return {
    name: contact.name,
    // Noon, because clocks that change at midnight would make it another day.
    date: words.date(fromMs + 12 * HOUR),
    events: events.slice(0, MOST_ENTRIES),
    events_count: events.length,
    tasks: tasks.slice(0, MOST_ENTRIES),
    tasks_count: tasks.length,
  };

  function entry(title: string, location: string, allDay: boolean, overdue: boolean, atMs: number): Entry {
    return { title, location, time: words.time(atMs), all_day: allDay, overdue };
  }
}

function occurrencesOnDay(item: AgendaItem, day: string, { fromMs, toMs }: { fromMs: number; toMs: number }) {
  if (!item.allDay) return occurrencesBetween(item, fromMs, toMs, MOST_ENTRIES);
  const { fromMs: own, toMs: ownEnd } = boundsOf(item.timeZone, day);
  return occurrencesBetween(item, own, ownEnd, MOST_ENTRIES);
}
