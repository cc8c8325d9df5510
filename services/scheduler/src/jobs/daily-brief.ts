import { DAY, newW3cTraceId } from '@techno/kernel';
import type { AgendaItem, BriefRound, Briefs, ContactSettings, NewReminder, Reminders } from '@techno/storage';
import { boundsOf, BRIEF_LATE_MS, briefOf, type DueBrief, dueBrief } from '../agenda/brief.ts';
import { HEARD_WITHIN_MS } from '../agenda/remind.ts';
import { dayIn } from '../agenda/times.ts';
import type { Job, JobReport, JobRun, Notice } from './job.ts';

const NAME = 'daily-brief';
/** Contacts read, claimed and published together. */
const BATCH = 200;
/** Of one contact, looked at for one day. */
const MOST_ITEMS = 300;
/** What was told is remembered so long; then nothing can ask for it again. */
const REMEMBERED_MS = 30 * DAY;
const FORGOTTEN_AT_ONCE = 5_000;
/** Said by the system itself, where a day holds items of several owners. */
const SYSTEM = 'scheduler';

export interface DailyBriefDeps {
  readonly reminders: Reminders;
  readonly briefs: Briefs;
  readonly everyMs: number;
  /** `HH:MM`, for contacts who name no hour. */
  readonly usualAt: string;
}

/**
 * Tells each contact their day at their hour, in their zone and language: the events that start on it and the tasks that are due or
 * overdue. Nothing on: nothing said. Contacts who share zone and hour are one round of a day: done once and not looked at again. Each
 * contact has a day once, by the same claims as reminders; a contact who moves to another zone is not told the same day twice.
 */
export function dailyBrief({ reminders, briefs, everyMs, usualAt }: DailyBriefDeps): Job {
  async function tell(contacts: readonly ContactSettings[], { day, atMs }: DueBrief, zone: string, run: JobRun): Promise<number> {
    const { fromMs, toMs } = boundsOf(zone, day);
    // Whole days begin up to half a day apart.
    const items = await briefs.itemsOf(
      contacts.map(({ id }) => id),
      new Date(fromMs - DAY),
      new Date(toMs + DAY),
      MOST_ITEMS,
    );
    const days = new Map(
      contacts.flatMap((contact) => {
        const own = items.get(contact.id) ?? [];
        const data = briefOf(contact, day, own);
        return data === undefined ? [] : [[contact.id, { contact, data, principal: ownerOf(own) }] as const];
      }),
    );
    const asked = [...days.keys()].map((id): NewReminder => ({
      itemId: NAME,
      recipient: id,
      occurrence: day,
      startsAt: new Date(atMs),
      key: newW3cTraceId(run.now.getTime()),
    }));
    const claimed = await reminders.claim(NAME, asked, NEVER_MS, run.now);
    const notices = claimed.flatMap(({ recipient, key }): Notice[] => {
      const found = days.get(recipient);
      if (found === undefined) return [];
      const template = { name: NAME, data: found.data };
      return [{ key, principal: found.principal, contextId: 'default', request: { recipients: [recipient], template } }];
    });
    await run.notify(notices);
    await reminders.told(
      notices.map(({ key }) => key),
      run.now,
    );
    return notices.length;
  }

  async function round(hour: BriefRound, due: DueBrief, run: JobRun): Promise<number> {
    let told = 0;
    let after = '';
    for (;;) {
      run.signal.throwIfAborted();
      const contacts = await briefs.contactsAt(hour, after, BATCH);
      told += await tell(contacts, due, hour.timeZone, run);
      after = contacts.at(-1)?.id ?? after;
      if (contacts.length < BATCH) {
        await briefs.finish(hour);
        return told;
      }
    }
  }

  return {
    name: NAME,
    everyMs,
    async run(run): Promise<JobReport> {
      const nowMs = run.now.getTime();
      const since = new Date(nowMs - BRIEF_LATE_MS);
      const { lost } = await reminders.settle(NAME, new Date(nowMs - HEARD_WITHIN_MS), since, run.now);
      if (lost > 0) run.log.warn({ job: NAME, lost }, 'reminders.lost');
      // A claim that nobody published may be of a round that is done: then all are looked at once more.
      const again = await reminders.unfinished(NAME, since);
      const yesterday = dayIn('UTC', nowMs - 2 * DAY);
      const done = new Set((await briefs.done(yesterday)).map(nameOf));
      const counts = { rounds: 0, briefs: 0, lost };
      for (const hour of await briefs.hours()) {
        const due = dueAt(hour.dailyBrief || usualAt, hour.timeZone);
        if (due === undefined) continue;
        const own = { ...hour, day: due.day };
        if (done.has(nameOf(own)) && !again) continue;
        counts.rounds++;
        counts.briefs += await round(own, due, run);
      }
      await briefs.forget(yesterday);
      await reminders.forget(new Date(nowMs - REMEMBERED_MS), FORGOTTEN_AT_ONCE);
      return counts;

      function dueAt(clock: string, zone: string): DueBrief | undefined {
        return clock === 'off' ? undefined : dueBrief(nowMs, zone, clock);
      }
    },
  };
}

/** Longer than any two times of one day lie apart: a day is never told again. */
const NEVER_MS = 1_000 * DAY;

const nameOf = ({ timeZone, dailyBrief: at, day }: BriefRound) => `${timeZone} ${at} ${day}`;

/** Whoever owns all of it may read what became of the message. */
function ownerOf(items: readonly AgendaItem[]): string {
  const owners = new Set(items.map(({ owner }) => owner));
  const [only] = owners;
  return only !== undefined && owners.size === 1 ? only : SYSTEM;
}
