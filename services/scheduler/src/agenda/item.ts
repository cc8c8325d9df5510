import type { EventChange, EventInput, TaskChange, TaskInput } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { AgendaItem, AgendaKind, AgendaState, StoredRecurrence } from '@techno/storage';
import { nextOccurrence, type Recurring } from './occurrences.ts';
import { lastStartOf, recurrenceOf, type SeriesInput } from './series.ts';
import {
  checkedEnd,
  checkedZone,
  dayIn,
  endOf,
  EVENT_WINDOW_MS,
  type Moment,
  momentIn,
  startOfDay,
  TASK_WINDOW_MS,
} from './times.ts';

/** What an event is made of, before its dates are worked out. */
export interface EventDraft {
  readonly title: string;
  readonly description: string;
  readonly location: string;
  readonly start: Moment;
  readonly end: Moment | undefined;
  readonly zone: string;
  readonly series: SeriesInput | undefined;
  readonly recipients: readonly string[];
  readonly sequence: number;
}

/** An event with its dates worked out. Throws TerminalError AGENDA_TIME_INVALID, RECURRENCE_INVALID. */
export function eventState(draft: EventDraft, nowMs: number): AgendaState {
  const { series, zone } = draft;
  // A series goes by whole seconds, as rules do.
  const start = series === undefined ? draft.start : wholeSeconds(draft.start);
  const end = checkedEnd(start, draft.end);
  const recurrence: StoredRecurrence | undefined = series && recurrenceOf(series, start, zone);
  const until = recurrence === undefined ? start.atMs : lastStartOf(recurrence, start.atMs);
  return scheduled(
    'event',
    {
      title: draft.title,
      description: draft.description,
      location: draft.location,
      startsAt: new Date(start.atMs),
      endsAt: end && new Date(end.atMs),
      allDay: start.allDay,
      timeZone: zone,
      recurrence,
      untilAt: until === undefined ? undefined : new Date(until),
      completedAt: undefined,
      sequence: draft.sequence,
      recipients: draft.recipients,
    },
    nowMs,
  );
}

export interface TaskDraft {
  readonly title: string;
  readonly description: string;
  readonly due: Moment | undefined;
  readonly zone: string;
  readonly completedAt: Date | undefined;
  readonly recipients: readonly string[];
  readonly sequence: number;
}

export function taskState(draft: TaskDraft, nowMs: number): AgendaState {
  return scheduled(
    'task',
    {
      title: draft.title,
      description: draft.description,
      location: '',
      startsAt: draft.due && new Date(draft.due.atMs),
      endsAt: undefined,
      allDay: draft.due?.allDay ?? false,
      timeZone: draft.zone,
      recurrence: undefined,
      // An open task stays on the list after it was due.
      untilAt: draft.completedAt,
      completedAt: draft.completedAt,
      sequence: draft.sequence,
      recipients: draft.recipients,
    },
    nowMs,
  );
}

function scheduled(kind: AgendaKind, state: Omit<AgendaState, 'remindAt' | 'updatedAt'>, nowMs: number): AgendaState {
  return { ...state, remindAt: nextReminderAt(kind, state, nowMs), updatedAt: new Date(nowMs) };
}

/**
 * When the first occurrence that starts after `afterMs` is to be announced; undefined: never. What takes whole days begins at midnight,
 * where an hour before is no help: it is told in the daily brief only.
 */
export function nextReminderAt(kind: AgendaKind, item: Recurring, afterMs: number): Date | undefined {
  if (item.allDay || item.completedAt !== undefined) return undefined;
  const next = nextOccurrence(item, afterMs);
  return next && new Date(next.startsMs - windowOf(kind));
}

/** How long before its start an item of that kind is announced (ms). */
export function windowOf(kind: AgendaKind): number {
  return kind === 'event' ? EVENT_WINDOW_MS : TASK_WINDOW_MS;
}

/** What an API caller gave. Throws TerminalError AGENDA_TIME_INVALID, AGENDA_ZONE_UNKNOWN, RECURRENCE_INVALID. */
export function newEvent(given: EventInput, nowMs: number): AgendaState {
  const zone = checkedZone(given.time_zone);
  const draft: EventDraft = {
    ...given,
    start: momentIn(zone, given.starts_at),
    end: given.ends_at === undefined ? undefined : momentIn(zone, given.ends_at),
    zone,
    series: given.recurrence && seriesIn(zone, given.recurrence, []),
    sequence: 0,
  };
  return eventState(draft, nowMs);
}

export function newTask(given: TaskInput, nowMs: number): AgendaState {
  const zone = checkedZone(given.time_zone);
  const due = given.due_at === undefined ? undefined : momentIn(zone, given.due_at);
  return taskState({ ...given, due, zone, completedAt: undefined, sequence: 0 }, nowMs);
}

/** What an API caller changed; what was moved within a series stays moved as long as the series is the same. Throws as `newEvent`. */
export function changedEvent(item: AgendaItem, change: EventChange, nowMs: number): AgendaState {
  const zone = checkedZone(change.time_zone ?? item.timeZone);
  const before = momentsOf(item, zone);
  const start = change.starts_at === undefined ? before.start : momentIn(zone, change.starts_at);
  return eventState(
    {
      title: change.title ?? item.title,
      description: change.description ?? item.description,
      location: change.location ?? item.location,
      start,
      end: endAfter(start, before, change.ends_at, zone),
      zone,
      series: seriesAfter(item, change.recurrence, zone),
      recipients: change.recipients ?? item.recipients,
      sequence: item.sequence,
    },
    nowMs,
  );
}

export function changedTask(item: AgendaItem, change: TaskChange, nowMs: number): AgendaState {
  const zone = checkedZone(change.time_zone ?? item.timeZone);
  const kept = item.startsAt === undefined ? undefined : momentsOf(item, zone).start;
  const due = change.due_at === undefined ? kept : change.due_at === null ? undefined : momentIn(zone, change.due_at);
  const completedAt =
    change.status === undefined ? item.completedAt : change.status === 'open' ? undefined : (item.completedAt ?? new Date(nowMs));
  return taskState(
    {
      title: change.title ?? item.title,
      description: change.description ?? item.description,
      due,
      zone,
      completedAt,
      recipients: change.recipients ?? item.recipients,
      sequence: item.sequence,
    },
    nowMs,
  );
}

/** As they are; whole days stay the same days in another zone. */
function momentsOf({ startsAt, endsAt, allDay, timeZone }: AgendaItem, zone: string): { start: Moment; end: Moment | undefined } {
  const momentOf = (at: Date): Moment => ({
    atMs: allDay ? startOfDay(zone, dayIn(timeZone, at.getTime())) : at.getTime(),
    allDay,
  });
  if (startsAt === undefined) throw new Error('an event without a start');
  return { start: momentOf(startsAt), end: endsAt && momentOf(endsAt) };
}

/** The end that was given; else the one it had, as long after the start as before. */
function endAfter(
  start: Moment,
  before: { start: Moment; end: Moment | undefined },
  given: string | null | undefined,
  zone: string,
): Moment | undefined {
  if (given === null) return undefined;
  if (given !== undefined) return momentIn(zone, given);
  if (before.end === undefined || before.end.allDay !== start.allDay) return undefined;
  const began = { startMs: before.start.atMs, endMs: before.end.atMs };
  return { atMs: endOf(zone, start.allDay, began, start.atMs), allDay: start.allDay };
}

function seriesAfter(item: AgendaItem, given: EventChange['recurrence'], zone: string): SeriesInput | undefined {
  if (given === null) return undefined;
  if (given !== undefined) return seriesIn(zone, given, item.recurrence?.rule === given.rule ? item.recurrence.moved : []);
  const { recurrence } = item;
  const times = (all: readonly string[]) => all.map((time) => Date.parse(time));
  return recurrence && { ...recurrence, rule: recurrence.rule, except: times(recurrence.except), extra: times(recurrence.extra) };
}

function seriesIn(
  zone: string,
  { rule, except, extra }: NonNullable<EventInput['recurrence']>,
  moved: SeriesInput['moved'],
): SeriesInput {
  const times = (all: readonly string[]) => all.map((time) => momentIn(zone, time).atMs);
  return { rule, except: times(except), extra: times(extra), moved };
}

function wholeSeconds({ atMs, allDay }: Moment): Moment {
  return { atMs: Math.floor(atMs / SECOND) * SECOND, allDay };
}
