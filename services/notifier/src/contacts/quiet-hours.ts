import { DAY, MINUTE } from '@techno/kernel';

export interface QuietHours {
  /** `HH:MM` in the recipient's zone; `from` after `to` spans midnight. */
  readonly from: string;
  readonly to: string;
}

/** Whether the zone is one that this machine knows. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** When the quiet hours that hold at `nowMs` end (epoch ms); undefined outside of them. */
export function quietUntil(nowMs: number, zone: string, { from, to }: QuietHours): number | undefined {
  const start = minutesOf(from);
  const end = minutesOf(to);
  if (start === end || !isWithin(minuteOfDay(nowMs, zone), start, end)) return undefined;
  // Looked for minute by minute where a change of clocks may lie between: the end is an hour on the wall, not a duration.
  const wholeMinute = Math.floor(nowMs / MINUTE) * MINUTE;
  for (let at = wholeMinute + MINUTE; at <= nowMs + DAY; at += MINUTE) {
    if (!isWithin(minuteOfDay(at, zone), start, end)) return at;
  }
  return undefined;
}

function isWithin(minute: number, start: number, end: number): boolean {
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
}

function minutesOf(clock: string): number {
  const [hours = '0', minutes = '0'] = clock.split(':');
  return Number(hours) * 60 + Number(minutes);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function minuteOfDay(atMs: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    formats.set(zone, format);
  }
  return minutesOf(format.format(atMs));
}
