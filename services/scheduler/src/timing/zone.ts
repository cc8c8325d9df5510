import { DAY, SECOND } from '@techno/kernel';

/** A reading of the clock on the wall, written as if it were UTC (epoch ms). */
export type WallMs = number;

/** What a reading is in real time. Clocks that go back show it twice, clocks that go forward never. */
export type Resolved =
  | { readonly kind: 'once'; readonly atMs: number }
  | { readonly kind: 'twice'; readonly firstMs: number }
  /** `endMs`: the first moment after the hour that was skipped. */
  | { readonly kind: 'never'; readonly endMs: number };

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Whether the zone is one that this machine knows. */
export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** How far the zone's clocks are ahead of UTC at that moment (ms). Throws RangeError for an unknown zone. */
export function offsetMs(zone: string, atMs: number): number {
  if (zone === 'UTC') return 0;
  const wholeSecond = Math.floor(atMs / SECOND) * SECOND;
  // MM/DD/YYYY, HH:MM:SS
  const text = formatOf(zone).format(wholeSecond);
  const at = (from: number, to: number) => Number(text.slice(from, to));
  return Date.UTC(at(6, 10), at(0, 2) - 1, at(3, 5), at(12, 14), at(15, 17), at(18, 20)) - wholeSecond;
}

/** What the clock on the wall shows at that moment. */
export function wallOf(zone: string, atMs: number): WallMs {
  return atMs + offsetMs(zone, atMs);
}

/** When the clock on the wall shows that. Clocks are taken to change at most once within two days. */
export function resolveWall(zone: string, wall: WallMs): Resolved {
  const before = offsetMs(zone, wall - DAY);
  const after = offsetMs(zone, wall + DAY);
  if (before === after) return { kind: 'once', atMs: wall - before };
  const holdsBefore = offsetMs(zone, wall - before) === before;
  const holdsAfter = offsetMs(zone, wall - after) === after;
  if (holdsBefore && holdsAfter) return { kind: 'twice', firstMs: Math.min(wall - before, wall - after) };
  if (holdsBefore) return { kind: 'once', atMs: wall - before };
  if (holdsAfter) return { kind: 'once', atMs: wall - after };
  return { kind: 'never', endMs: changeBetween(zone, wall - after, wall - before) };
}

/** The first moment (to the second) at which the offset is no longer that of `fromMs`; the two must differ. */
export function changeBetween(zone: string, fromMs: number, toMs: number): number {
  const offset = offsetMs(zone, fromMs);
  let same = Math.floor(fromMs / SECOND);
  let changed = Math.ceil(toMs / SECOND);
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetMs(zone, middle * SECOND) === offset) same = middle;
    else changed = middle;
  }
  return changed * SECOND;
}
