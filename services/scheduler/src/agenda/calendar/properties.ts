import { errorMessage, TerminalError } from '@techno/kernel';
import ICAL from 'ical.js';
import { type Moment, checkedTime, startOfDay } from '../times.ts';
import { momentOf } from '../rule.ts';
import type { RawComponent } from './components.ts';
import type { CalendarZones } from './zones.ts';

/** One property, read by the grammar of its name: `values` are jCal's (RFC 7265). */
interface Property {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly values: readonly unknown[];
}

/** The properties of one event or to-do. */
export interface Properties {
  text(name: string): string | undefined;
  /** RRULE lines as they stand. */
  readonly rules: readonly string[];
  moments(name: string): ZonedMoment[];
  moment(name: string): ZonedMoment | undefined;
  /** A DURATION in milliseconds, with its whole days apart: those are by the calendar. */
  duration(name: string): { days: number; ms: number } | undefined;
  has(name: string): boolean;
  parameter(name: string, parameter: string): string | undefined;
}

/** A moment and the zone that it was given in; UTC and floating times have none of their own. */
export interface ZonedMoment extends Moment {
  readonly zone: string | undefined;
}

/** Reads the lines of one component. Throws TerminalError CALENDAR_ITEM_INVALID, AGENDA_TIME_INVALID, AGENDA_ZONE_UNKNOWN. */
export function propertiesOf({ name, lines }: RawComponent, zones: CalendarZones, floating: string): Properties {
  const isRule = (line: string) => /^RRULE[:;]/i.test(line);
  const rules = lines.filter(isRule).map((line) => line.slice(line.indexOf(':') + 1));
  const read = parse(
    name,
    lines.filter((line) => !isRule(line)),
  );
  const of = (wanted: string) => read.filter((property) => property.name === wanted);

  function zoneOf({ parameters }: Property): string | undefined {
    const { tzid } = parameters;
    if (typeof tzid !== 'string') return undefined;
    const zone = zones.of(tzid);
    if (zone === undefined)
      throw new TerminalError('AGENDA_ZONE_UNKNOWN', `nothing says what the time zone '${tzid.slice(0, 64)}' is`);
    return zone;
  }

  function momentOfValue(property: Property, value: unknown): ZonedMoment {
    if (property.type === 'period')
      throw new TerminalError('CALENDAR_ITEM_UNSUPPORTED', `${property.name.toUpperCase()} with periods is not supported`);
    const zone = zoneOf(property);
    return { ...readMoment(String(value), zone ?? floating), zone };
  }

  const moments = (wanted: string) =>
    of(wanted).flatMap((property) => property.values.map((value) => momentOfValue(property, value)));
  return {
    rules,
    text: (wanted) => {
      const value = of(wanted)[0]?.values[0];
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    },
    moments,
    moment: (wanted) => moments(wanted)[0],
    duration: (wanted) => {
      const value = of(wanted)[0]?.values[0];
      return value === undefined ? undefined : readDuration(typeof value === 'string' ? value : '');
    },
    has: (wanted) => of(wanted).length > 0,
    parameter: (wanted, parameter) => {
      const value = of(wanted)[0]?.parameters[parameter];
      return typeof value === 'string' ? value : undefined;
    },
  };
}

function parse(name: string, lines: readonly string[]): Property[] {
  let jcal: unknown;
  try {
    jcal = ICAL.parse([`BEGIN:${name}`, ...lines, `END:${name}`, ''].join('\r\n'));
  } catch (cause) {
    // What the parser says quotes the line, which may hold what is nobody's business.
    const [what = ''] = errorMessage(cause).split('"', 1);
    throw new TerminalError('CALENDAR_ITEM_INVALID', `it cannot be read: ${what.trim().slice(0, 100)}`, { cause });
  }
  const [, properties] = jcal as [string, [string, Record<string, unknown>, string, ...unknown[]][]];
  return properties.map(([property, parameters, type, ...values]) => ({ name: property, parameters, type, values }));
}

/** `2026-11-21`, `2026-11-21T10:00:00`, the latter with a Z where it is UTC. The parser lets through days that no month has. */
function readMoment(value: string, zone: string): Moment {
  const [, day = '', time, utc] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(Z?))?$/.exec(value) ?? [];
  // A leap second is the one before.
  const clock = (time ?? '00:00:00').replace(/:60$/, ':59');
  const wall = Date.parse(`${day}T${clock}Z`);
  if (day === '' || Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 10) !== day)
    throw new TerminalError('CALENDAR_ITEM_INVALID', `'${value.slice(0, 30)}' is no date or time`);
  const atMs = time === undefined ? startOfDay(zone, day) : utc === 'Z' ? wall : momentOf(zone, wall);
  return { atMs: checkedTime(atMs, value), allDay: time === undefined };
}

function readDuration(value: string): { days: number; ms: number } {
  const [match, sign, weeks, days, hours, minutes, seconds] =
    /^([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?$/.exec(value) ?? [];
  if (match === undefined || sign === '-')
    throw new TerminalError('CALENDAR_ITEM_INVALID', `'${value.slice(0, 30)}' is no duration`);
  const number = (text: string | undefined) => Number(text ?? 0);
  return {
    days: number(weeks) * 7 + number(days),
    ms: ((number(hours) * 60 + number(minutes)) * 60 + number(seconds)) * 1_000,
  };
}
