import { createEvent, deleteEvent, getEvent, listEvents, listOccurrences, updateEvent } from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { newId, rfc3339 } from '@techno/kernel';
import type { AgendaItem } from '@techno/storage';
import { changedEvent, newEvent } from '../item.ts';
import { nextOccurrence, occurrencesBetween } from '../occurrences.ts';
import { eventViewOf, reminderViewOf } from '../views.ts';
import { type AgendaDeps, requireContacts, REMINDERS_SHOWN, unknownItem, uidTaken } from './deps.ts';
import { cursorAfter, pageFilter } from './page.ts';

/** Events: single ones and series. */
export function eventRequests({ agenda, reminders, briefs, clock }: AgendaDeps): Endpoint[] {
  const existing = async (id: string, owner: string | undefined): Promise<AgendaItem> =>
    (await agenda.find('event', id, owner)) ?? unknownItem('event', id);

  return [
    endpoint(createEvent, async ({ by, event }) => {
      const now = clock.now();
      const state = newEvent(event, now);
      await requireContacts(briefs, event.recipients);
      const id = newId('evt', now);
      const item = {
        ...state,
        id,
        kind: 'event' as const,
        owner: by,
        contextId: event.context_id,
        uid: event.uid ?? id,
        createdAt: new Date(now),
      };
      if (!(await agenda.add(item))) throw uidTaken(item.uid);
      return eventViewOf(await existing(id, by), now);
    }),

    endpoint(listEvents, async ({ limit, ...asked }) => {
      const filter = pageFilter(asked);
      const rows = await agenda.list({ kind: 'event', ...filter, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const [fromMs, toMs] = [filter.from?.getTime() ?? -Infinity, filter.to?.getTime() ?? Infinity];
      // Of a series the table only knows when it begins and ends.
      const falls = (item: AgendaItem) =>
        item.recurrence === undefined ||
        (fromMs === -Infinity && toMs === Infinity) ||
        (nextOccurrence(item, Math.max(fromMs, 0) - 1)?.startsMs ?? Infinity) < toMs;
      const now = clock.now();
      return {
        events: page.filter(falls).map((item) => eventViewOf(item, now)),
        next: rows.length > limit ? cursorAfter(page.at(-1)) : undefined,
      };
    }),

    endpoint(getEvent, async ({ id, owner }) => {
      const found = await existing(id, owner);
      const told = await reminders.ofItem(id, REMINDERS_SHOWN);
      return { ...eventViewOf(found, clock.now()), reminders: told.map(reminderViewOf) };
    }),

    endpoint(updateEvent, async ({ id, owner, change }) => {
      await existing(id, owner);
      if (change.recipients !== undefined) await requireContacts(briefs, change.recipients);
      const now = clock.now();
      const changed = await agenda.change('event', id, owner, (item) => changedEvent(item, change, now));
      return eventViewOf(changed ?? unknownItem('event', id), now);
    }),

    endpoint(deleteEvent, async ({ id, owner }) => ({ deleted: await agenda.remove('event', id, owner) })),

    endpoint(listOccurrences, async ({ id, owner, from, to, limit }) => {
      const found = await existing(id, owner);
      const toMs = to === undefined ? Infinity : Date.parse(to);
      const occurrences = occurrencesBetween(found, from === undefined ? clock.now() : Date.parse(from), toMs, limit);
      return {
        occurrences: occurrences.map((one) => ({
          occurrence: one.id,
          starts_at: rfc3339(one.startsMs),
          ends_at: one.endsMs === undefined ? undefined : rfc3339(one.endsMs),
          title: one.title,
          location: one.location,
        })),
      };
    }),
  ];
}
