import { findIana } from 'windows-iana';
import { isTimeZone } from '../../timing/zone.ts';
import type { RawComponent } from './components.ts';

/** What the TZIDs of one file mean. */
export interface CalendarZones {
  /** The IANA name (or fixed offset) of a TZID; undefined where nothing says what it is. */
  of(tzid: string): string | undefined;
}

/**
 * A TZID is a name of the file's own. Most write IANA names, some with a path before them, Outlook those of Windows; else the file's
 * VTIMEZONE may name its place, or have one offset all year.
 */
export function calendarZones(components: readonly RawComponent[]): CalendarZones {
  const defined = new Map(components.map(({ lines }) => [valueOf(lines, 'TZID') ?? '', lines]));
  return {
    of: (tzid) => known(tzid) ?? placeOf(defined.get(tzid)) ?? fixedOffset(defined.get(tzid)),
  };
}

function known(tzid: string): string | undefined {
  // `/mozilla.org/20050126_1/America/Argentina/Ushuaia`: the longest end of it that is a zone.
  const parts = tzid.trim().split('/').filter(Boolean);
  for (let from = Math.max(0, parts.length - 3); from < parts.length; from++) {
    const name = parts.slice(from).join('/');
    if (/^[A-Za-z]/.test(name) && isTimeZone(name)) return name;
  }
  return findIana(tzid.trim() as Parameters<typeof findIana>[0])[0];
}

function placeOf(lines: readonly string[] | undefined): string | undefined {
  const place = lines && valueOf(lines, 'X-LIC-LOCATION');
  return place === undefined ? undefined : known(place);
}

function fixedOffset(lines: readonly string[] | undefined): string | undefined {
  if (lines === undefined) return undefined;
  const offsets = new Set(lines.flatMap((line) => /^TZOFFSETTO:\s*([+-]\d{4})\d{0,2}\s*$/i.exec(line)?.[1] ?? []));
  const [offset] = offsets;
  if (offset === undefined || offsets.size > 1) return undefined;
  const zone = `${offset.slice(0, 3)}:${offset.slice(3)}`;
  return isTimeZone(zone) ? zone : undefined;
}

function valueOf(lines: readonly string[], name: string): string | undefined {
  const found = lines.find((line) => line.toUpperCase().startsWith(`${name}:`) || line.toUpperCase().startsWith(`${name};`));
  return found?.slice(found.indexOf(':') + 1).trim();
}
