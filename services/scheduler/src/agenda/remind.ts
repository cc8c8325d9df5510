import { errorMessage, MINUTE, newW3cTraceId } from '@techno/kernel';
import type { Agenda, AgendaItem, AgendaKind, Briefs, ContactSettings, NewReminder, Reminders } from '@techno/storage';
import type { JobReport, JobRun, Notice } from '../jobs/job.ts';
import { nextReminderAt, windowOf } from './item.ts';
import { type Occurrence, occurrencesBetween } from './occurrences.ts';
import { wordsFor } from './words.ts';

export interface RemindDeps {
  readonly agenda: Pick<Agenda, 'due' | 'advance'>;
  readonly reminders: Reminders;
  readonly briefs: Pick<Briefs, 'settingsOf'>;
}

export interface Reminding {
  /** The job's name; its template has the same. */
  readonly job: string;
  readonly kind: AgendaKind;
}

/** Items read, claimed and published together: few enough that working out series keeps nobody else waiting. */
const BATCH = 50;
/** An occurrence that nobody could be told of in time is announced until so long after its start: then it says nothing any more. */
export const LATE_MS = 5 * MINUTE;
/** By then the notifier has taken what was published. */
export const HEARD_WITHIN_MS = 1 * MINUTE;
/** Occurrences of one item within one window: as many as a rule allows. */
const MOST_OCCURRENCES = 100;

/**
 * Announces every occurrence that starts within the window to everybody it concerns: each (item, recipient, occurrence) once, however
 * often and in however many processes this runs, and wherever a run ends.
 *
 * In this order: claimed in Postgres under a key, published under that key, noted as told, and only then is the item moved on to its next
 * occurrence. A run that dies on the way leaves claims, which the next one publishes under the same keys, and the notifier takes a key
 * once. What the bus lost between here and the notifier is published once more (`Reminders.settle`).
 *
 * **What moves.** An occurrence is known by the day the rule has it on, not by its start (`Occurrence.id`). Moved before it was announced,
 * it is announced for its new time. Moved after, nobody is told twice of the same thing: they know of it, and a meeting that begins a
 * little earlier or later than was said is still the one that was announced. The exception is one that is put off by its whole window or more
 * (an event by an hour, a task by an hour and a half): what was said an hour before the old time is forgotten long before the new one,
 * so it is announced again, once, for that. Any later such move counts from the time that was announced last.
 */
export async function remind(
  { agenda, reminders, briefs }: RemindDeps,
  { job, kind }: Reminding,
  run: JobRun,
): Promise<JobReport> {
  const { now, signal, log } = run;
  const [nowMs, windowMs] = [now.getTime(), windowOf(kind)];
  const counts = { items: 0, reminders: 0, lost: 0, failed: 0 };
  const settled = await reminders.settle(job, new Date(nowMs - HEARD_WITHIN_MS), new Date(nowMs - LATE_MS), now);
  counts.lost = settled.lost;
  if (settled.lost > 0) log.warn({ job, lost: settled.lost }, 'reminders.lost');

  let after: { remindAt: Date; id: string } | undefined;
  for (;;) {
    signal.throwIfAborted();
    const items = await agenda.due(kind, now, after, BATCH);
    const last = items.at(-1);
    if (last?.remindAt === undefined) break;
    after = { remindAt: last.remindAt, id: last.id };
    const settings = await briefs.settingsOf([...new Set(items.flatMap(({ recipients }) => recipients))]);
    const planned = items.flatMap((item) => {
      try {
        return [{ item, due: occurrencesBetween(item, nowMs - LATE_MS, nowMs + windowMs + 1, MOST_OCCURRENCES) }];
      } catch (error) {
        counts.failed++;
        log.error({ job, item: item.id, problem: errorMessage(error) }, 'reminders.item_failed');
        return [];
      }
    });
    counts.items += planned.length;
    counts.reminders += await announce(planned);
    await agenda.advance(
      planned.map(({ item }) => ({
        id: item.id,
        revision: item.revision,
        remindAt: nextReminderAt(kind, item, nowMs + windowMs),
      })),
    );

    async function announce(all: readonly { item: AgendaItem; due: readonly Occurrence[] }[]): Promise<number> {
      const announcements = new Map<string, Announcement>();
      for (const { item, due } of all) {
        for (const occurrence of due) {
          for (const id of item.recipients) {
            const contact = settings.get(id);
            // Who is no contact any more is told nothing.
            if (contact !== undefined) announcements.set(keyOf(item.id, id, occurrence.id), { item, occurrence, contact });
          }
        }
      }
      const claimed = await reminders.claim(
        job,
        [...announcements.values()].map((one) => newReminder(one, nowMs)),
        windowMs,
        now,
      );
      const notices = claimed.flatMap(({ itemId, recipient, occurrence, key }) => {
        const announcement = announcements.get(keyOf(itemId, recipient, occurrence));
        return announcement === undefined ? [] : [noticeOf(job, key, announcement)];
      });
      await run.notify(notices);
      await reminders.told(
        notices.map(({ key }) => key),
        now,
      );
      return notices.length;
    }
  }
  // What cannot be read stays due, and is seen: the run fails after all others were told.
  if (counts.failed > 0) throw new Error(`${counts.failed} items could not be read`);
  return counts;
}

interface Announcement {
  readonly item: AgendaItem;
  readonly occurrence: Occurrence;
  readonly contact: ContactSettings;
}

const keyOf = (item: string, recipient: string, occurrence: string) => `${item} ${recipient} ${occurrence}`;

function newReminder({ item, occurrence, contact }: Announcement, nowMs: number): NewReminder {
  return {
    itemId: item.id,
    recipient: contact.id,
    occurrence: occurrence.id,
    startsAt: new Date(occurrence.startsMs),
    // Begins with the time, as every notification's id does.
    key: newW3cTraceId(nowMs),
  };
}

function noticeOf(template: string, key: string, { item, occurrence, contact }: Announcement): Notice {
  const words = wordsFor(contact.locale, contact.timeZone);
  return {
    key,
    principal: item.owner,
    contextId: item.contextId,
    request: {
      recipients: [contact.id],
      template: {
        name: template,
        data: {
          title: occurrence.title,
          location: occurrence.location,
          date: words.date(occurrence.startsMs),
          time: words.time(occurrence.startsMs),
          name: contact.name,
        },
      },
    },
  };
}
