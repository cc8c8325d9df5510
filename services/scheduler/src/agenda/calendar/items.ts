import { createHash } from 'node:crypto';
import { AGENDA_EXCEPTIONS_MAX, AGENDA_TEXT } from '@techno/contracts';
import { TerminalError } from '@techno/kernel';
import type { MovedOccurrence } from '@techno/storage';
import type { EventDraft, TaskDraft } from '../item.ts';
import { dayAfter, dayIn, type Moment, startOfDay } from '../times.ts';
import type { RawComponent } from './components.ts';
import { type Properties, propertiesOf } from './properties.ts';
import type { CalendarZones } from './zones.ts';

interface Identity {
  readonly uid: string;
  readonly sequence: number;
  /** Where it stands in the file. */
  readonly line: number;
  /** It was called off: the item is to go. */
  readonly cancelled: boolean;
}

/** What one component of a file says. */
export type CalendarItem = Identity &
  (
    | { readonly kind: 'event'; readonly draft: Omit<EventDraft, 'recipients'> }
    | { readonly kind: 'task'; readonly draft: Omit<TaskDraft, 'recipients'> }
    /** One occurrence of the event with that UID, changed by itself. */
    | { readonly kind: 'occurrence'; readonly moved: MovedOccurrence; readonly draft: Omit<EventDraft, 'recipients'> }
  );

/** Reads one component. Throws TerminalError CALENDAR_ITEM_*, AGENDA_*, RECURRENCE_INVALID. */
export function calendarItem(component: RawComponent, zones: CalendarZones, floating: string): CalendarItem {
  const properties = propertiesOf(component, zones, floating);
  const identity: Identity = {
    uid: uidOf(component, properties),
    sequence: sequenceOf(properties),
    line: component.line,
    cancelled: properties.text('status')?.toUpperCase() === 'CANCELLED',
  };
  return component.name === 'VTODO' ? todo(identity, properties, floating) : event(identity, properties, floating);
}

function event(identity: Identity, properties: Properties, floating: string): CalendarItem {
  const start = properties.moment('dtstart');
  if (start === undefined) throw new TerminalError('CALENDAR_ITEM_INVALID', 'it has no DTSTART');
  const zone = start.zone ?? floating;
  const end = endOfEvent(start, properties, zone);
  const draft = { ...textsOf(properties), start, end, zone, series: undefined, sequence: identity.sequence };
  const replaced = properties.moment('recurrence-id');
  if (replaced === undefined) {
    return { ...identity, kind: 'event', draft: { ...draft, series: seriesOf(properties) } };
  }
  if (properties.parameter('recurrence-id', 'range') !== undefined)
    throw new TerminalError('CALENDAR_ITEM_UNSUPPORTED', 'RECURRENCE-ID with RANGE is not supported');
  const moved: MovedOccurrence = {
    from: iso(replaced.atMs),
    ...(identity.cancelled
      ? {}
      : { to: iso(start.atMs), ends_at: end && iso(end.atMs), title: draft.title, location: draft.location }),
  };
  return { ...identity, kind: 'occurrence', moved, draft };
}

function todo(identity: Identity, properties: Properties, floating: string): CalendarItem {
  if (properties.rules.length > 0 || properties.has('rdate') || properties.has('recurrence-id'))
    throw new TerminalError('CALENDAR_ITEM_UNSUPPORTED', 'a to-do that recurs is not supported');
  const start = properties.moment('dtstart');
  const due =
    properties.moment('due') ?? (start && properties.has('duration') ? endOfEvent(start, properties, floating) : undefined);
  const completed = properties.moment('completed');
  const isDone = completed !== undefined || properties.text('status')?.toUpperCase() === 'COMPLETED';
  const { title, description } = textsOf(properties);
  return {
    ...identity,
    kind: 'task',
    draft: {
      title,
      description,
      due,
      zone: properties.moment('due')?.zone ?? start?.zone ?? floating,
      // Done at an unknown time is long done.
      completedAt: isDone ? new Date(completed?.atMs ?? 0) : undefined,
      sequence: identity.sequence,
    },
  };
}

function endOfEvent(start: Moment, properties: Properties, zone: string): Moment | undefined {
  const end = properties.moment('dtend');
  // Some write an end that lies before, or is, the start: an event without length.
  if (end !== undefined) return end.allDay === start.allDay && end.atMs > start.atMs ? end : undefined;
  const lasts = properties.duration('duration');
  if (lasts === undefined) return start.allDay ? { allDay: true, atMs: daysLater(start, 1, zone) } : undefined;
  const { days, ms } = lasts;
  if (start.allDay) return { allDay: true, atMs: daysLater(start, Math.max(1, days), zone) };
  return { allDay: false, atMs: start.atMs + days * 86_400_000 + ms };
}

function daysLater({ atMs }: Moment, days: number, zone: string): number {
  return startOfDay(zone, dayAfter(dayIn(zone, atMs), days));
}

function seriesOf(properties: Properties): EventDraft['series'] {
  const { rules } = properties;
  const [rule] = rules;
  if (rules.length > 1 || properties.has('exrule'))
    throw new TerminalError('CALENDAR_ITEM_UNSUPPORTED', 'several rules, or an EXRULE, are not supported');
  const times = (name: string) => properties.moments(name).map(({ atMs }) => atMs);
  const [except, extra] = [times('exdate'), times('rdate')];
  if (rule === undefined && extra.length === 0) return undefined;
  if (Math.max(except.length, extra.length) > AGENDA_EXCEPTIONS_MAX)
    throw new TerminalError('CALENDAR_ITEM_INVALID', `it has more than ${AGENDA_EXCEPTIONS_MAX} exceptions`);
  return { rule, except, extra, moved: [] };
}

/** Without a UID a file is imported again by what it says: the same lines are the same item. */
function uidOf({ lines }: RawComponent, properties: Properties): string {
  const uid = printable(properties.text('uid') ?? '').trim();
  if (uid !== '' && uid.length <= 255) return uid;
  const from = uid === '' ? lines.filter((line) => !/^(?:DTSTAMP|LAST-MODIFIED)[:;]/i.test(line)).join('\n') : uid;
  return `sha256:${createHash('sha256').update(from).digest('hex')}`;
}

function sequenceOf(properties: Properties): number {
  const given = properties.text('sequence');
  return given !== undefined && /^\d{1,9}$/.test(given) ? Number(given) : 0;
}

const NO_TITLE = '—';

/** Longer texts are cut: a file is taken as others wrote it. */
function textsOf(properties: Properties): { title: string; description: string; location: string } {
  const cut = (name: string, longest: number) =>
    printable(properties.text(name) ?? '')
      .trim()
      .slice(0, longest)
      .toWellFormed();
  return {
    title: cut('summary', AGENDA_TEXT.title).replaceAll('\n', ' ') || NO_TITLE,
    description: cut('description', AGENDA_TEXT.description),
    location: cut('location', AGENDA_TEXT.location),
  };
}

function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

const iso = (atMs: number) => new Date(atMs).toISOString();
