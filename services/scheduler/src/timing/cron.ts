import { DAY, errorMessage, TerminalError } from '@techno/kernel';
import { Cron } from 'croner';
import { changeBetween, offsetMs, resolveWall, type WallMs, wallOf } from './zone.ts';

export type SkippedHour = 'run_after' | 'skip';

/** A cron pattern, read. It knows no zones: it is asked about readings of a clock. */
export interface CompiledCron {
  /** The first reading after that one that the pattern matches. */
  next(after: WallMs): WallMs | undefined;
  /** It comes round in every hour of a day, so an hour that is doubled or skipped is one hour more or less of it. */
  readonly everyHour: boolean;
}

const KEPT = 10_000;
const compiled = new Map<string, CompiledCron>();

/** Five fields, or six with seconds first. Throws TerminalError SCHEDULE_INVALID. */
export function compileCron(pattern: string): CompiledCron {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const fields = pattern.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    throw invalid(pattern, 'five fields (minute hour day month weekday), or six with seconds first');
  }
  if (/[?@]/.test(pattern)) throw invalid(pattern, "'?' and '@' have no meaning here");
  let cron: Cron;
  try {
    // A fixed offset keeps croner's own zone arithmetic, which costs five times as much, out of it.
    cron = new Cron(fields.join(' '), { utcOffset: 0, mode: '5-or-6-parts' });
  } catch (error) {
    throw invalid(pattern, errorMessage(error).replace(/^CronPattern: /, ''));
  }
  const hours = fields.at(-4) ?? '';
  const one: CompiledCron = {
    next: (after) => cron.nextRun(new Date(after))?.getTime(),
    everyHour: ['*', '*/1', '0-23'].includes(hours),
  };
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(pattern, one);
  return one;
}

/**
 * The first occurrence after that moment, by the clocks of the zone.
 * A pattern with hours of its own follows the clock on the wall: an hour that clocks skip is made up for once, right after it
 * (or not, as `skippedHour` says), and of an hour that comes twice the first counts. A pattern of every hour follows real time.
 */
export function nextCron(pattern: string, zone: string, skippedHour: SkippedHour, afterMs: number): number | undefined {
  const cron = compileCron(pattern);
  return cron.everyHour ? nextElapsed(cron, zone, afterMs) : nextOnTheWall(cron, zone, skippedHour, afterMs);
}

function nextOnTheWall(cron: CompiledCron, zone: string, skippedHour: SkippedHour, afterMs: number): number | undefined {
  let wall: WallMs | undefined = wallOf(zone, afterMs);
  while ((wall = cron.next(wall)) !== undefined) {
    const at = momentOf(zone, wall, skippedHour);
    // Not later: the second time that clocks show it, or one more of those made up for already.
    if (at !== undefined && at > afterMs) return at;
  }
  return undefined;
}

function momentOf(zone: string, wall: WallMs, skippedHour: SkippedHour): number | undefined {
  const resolved = resolveWall(zone, wall);
  switch (resolved.kind) {
    case 'once':
      return resolved.atMs;
    case 'twice':
      return resolved.firstMs;
    case 'never':
      return skippedHour === 'run_after' ? resolved.endMs : undefined;
  }
}

/**
 * While the offset holds, the wall runs as real time does. `from` only moves forward, to the next change or to a day before what was
 * found: clocks are taken to change at most once within a day, and by no more than one.
 */
function nextElapsed(cron: CompiledCron, zone: string, afterMs: number): number | undefined {
  let from = afterMs;
  let offset = offsetMs(zone, from);
  let shown = from + offset;
  for (;;) {
    const wall = cron.next(shown);
    if (wall === undefined) return undefined;
    const at = wall - offset;
    const near = Math.min(at, from + DAY);
    if (offsetMs(zone, near) !== offset) {
      from = changeBetween(zone, from, near);
      offset = offsetMs(zone, from);
      // What clocks show at the change counts.
      shown = from + offset - 1;
    } else if (near === at) {
      return at;
    } else {
      // Nothing of the pattern is shown in between, whatever the offset there.
      from = Math.max(near, at - 2 * DAY);
      offset = offsetMs(zone, from);
      shown = from + offset;
    }
  }
}

function invalid(pattern: string, why: string): TerminalError {
  return new TerminalError('SCHEDULE_INVALID', `'${pattern}' is no cron pattern: ${why}`);
}
