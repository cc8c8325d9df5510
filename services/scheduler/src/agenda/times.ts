import { DAY, MINUTE, TerminalError } from '@techno/kernel';
import { isTimeZone, wallOf } from '../timing/zone.ts';
import { momentOf } from './rule.ts';

/** How long before its start an event, and before it is due a task, is announced (ms). */
export const EVENT_WINDOW_MS = 60 * MINUTE;
export const TASK_WINDOW_MS = 90 * MINUTE;

/** A point in time, or a whole day. */
export interface Moment {
  /** Of a day: when it begins by the clocks of the zone. */
  readonly atMs: number;
  readonly allDay: boolean;
}

const FIRST_MS = Date.UTC(1970, 0, 1);
const LAST_MS = Date.UTC(2200, 0, 1);

/** What an API caller gave: RFC 3339, or a date. Throws TerminalError AGENDA_TIME_INVALID. */
export function momentIn(zone: string, given: string): Moment {
  const allDay = /^\d{4}-\d\d-\d\d$/.test(given);
  const atMs = allDay ? startOfDay(zone, given) : Date.parse(given);
  return { atMs: checkedTime(atMs, given), allDay };
}

/** When that day (`YYYY-MM-DD`) begins in the zone (epoch ms). */
export function startOfDay(zone: string, day: string): number {
  return momentOf(zone, Date.parse(`${day}T00:00:00Z`));
}

/** The day that it is in the zone, as `YYYY-MM-DD`. */
export function dayIn(zone: string, atMs: number): string {
  return new Date(wallOf(zone, atMs)).toISOString().slice(0, 10);
}

/** The day that many days later. */
export function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The end of what began at one time and ended at another, begun at a third (epoch ms): days last as long as clocks make them. */
export function endOf(zone: string, allDay: boolean, began: { startMs: number; endMs: number }, startMs: number): number {
  const lastsMs = began.endMs - began.startMs;
  return allDay ? startOfDay(zone, dayAfter(dayIn(zone, startMs), Math.round(lastsMs / DAY))) : startMs + lastsMs;
}

export function checkedTime(atMs: number, given: string): number {
  if (atMs >= FIRST_MS && atMs < LAST_MS) return atMs;
  throw new TerminalError('AGENDA_TIME_INVALID', `'${given.slice(0, 40)}' is no time between 1970 and 2199`);
}

/** Throws TerminalError AGENDA_ZONE_UNKNOWN. */
export function checkedZone(zone: string): string {
  if (isTimeZone(zone)) return zone;
  throw new TerminalError('AGENDA_ZONE_UNKNOWN', `there is no time zone '${zone.slice(0, 64)}'; use an IANA name`);
}

/** An end before its start says nothing; a day ends where another begins. Throws TerminalError AGENDA_TIME_INVALID. */
export function checkedEnd(start: Moment, end: Moment | undefined): Moment | undefined {
  if (end === undefined) return undefined;
  if (end.allDay !== start.allDay)
    throw new TerminalError('AGENDA_TIME_INVALID', 'give start and end both as times or both as dates');
  if (end.atMs < start.atMs || (end.allDay && end.atMs === start.atMs))
    throw new TerminalError('AGENDA_TIME_INVALID', end.allDay ? 'the end must be a later day' : 'the end lies before the start');
  return end;
}
