import type { Schedule } from '@techno/contracts';
import { assertNever, SECOND, TerminalError } from '@techno/kernel';
import { compileCron, nextCron, type SkippedHour } from './cron.ts';
import { isTimeZone, resolveWall } from './zone.ts';

/** When something comes round. Times are epoch ms. */
export type Timing = { readonly startsMs?: number | undefined; readonly endsMs?: number | undefined } & (
  | { readonly kind: 'interval'; readonly everyMs: number; readonly anchorMs: number }
  | { readonly kind: 'cron'; readonly pattern: string; readonly zone: string; readonly skippedHour: SkippedHour }
  | { readonly kind: 'once'; readonly atMs: number }
);

export type TimingInput = Pick<
  Schedule,
  'interval_seconds' | 'cron' | 'at' | 'time_zone' | 'starts_at' | 'ends_at' | 'skipped_hour'
>;

/**
 * What a schedule says, read. `countedFromMs`: where an interval without a start of its own is counted from.
 * Throws TerminalError SCHEDULE_INVALID: an unknown zone, no pattern, a moment that does not exist.
 */
export function timingOf(given: TimingInput, countedFromMs: number): Timing {
  const { interval_seconds, cron, at, time_zone: zone, starts_at, ends_at, skipped_hour: skippedHour } = given;
  if (!isTimeZone(zone)) throw invalid(`there is no time zone '${zone}'; IANA names are such as America/Sao_Paulo`);
  const startsMs = starts_at === undefined ? undefined : Date.parse(starts_at);
  const bounds = { startsMs, endsMs: ends_at === undefined ? undefined : Date.parse(ends_at) };
  if (interval_seconds !== undefined) {
    // On whole seconds, so that the occurrences of an interval read well.
    const anchorMs = startsMs ?? Math.floor(countedFromMs / SECOND) * SECOND;
    return { ...bounds, kind: 'interval', everyMs: interval_seconds * SECOND, anchorMs };
  }
  if (cron !== undefined) {
    compileCron(cron);
    return { ...bounds, kind: 'cron', pattern: cron, zone, skippedHour };
  }
  return { ...bounds, kind: 'once', atMs: momentOf(at ?? '', zone, skippedHour) };
}

/** The first occurrence after that moment; undefined where there is none any more. */
export function nextAfter(timing: Timing, afterMs: number): number | undefined {
  const { startsMs, endsMs } = timing;
  const next = unboundedAfter(timing, startsMs === undefined ? afterMs : Math.max(afterMs, startsMs - 1));
  return next === undefined || (endsMs !== undefined && next > endsMs) ? undefined : next;
}

function unboundedAfter(timing: Timing, afterMs: number): number | undefined {
  switch (timing.kind) {
    case 'interval': {
      const { anchorMs, everyMs } = timing;
      return anchorMs + (Math.floor((afterMs - anchorMs) / everyMs) + 1) * everyMs;
    }
    case 'cron':
      return nextCron(timing.pattern, timing.zone, timing.skippedHour, afterMs);
    case 'once':
      return timing.atMs > afterMs ? timing.atMs : undefined;
    default:
      return assertNever(timing);
  }
}

/** Those after a moment, in order, at most `limit`. */
export function occurrencesAfter(timing: Timing, afterMs: number, limit: number): number[] {
  const found: number[] = [];
  let at = nextAfter(timing, afterMs);
  while (at !== undefined && found.length < limit) {
    found.push(at);
    at = nextAfter(timing, at);
  }
  return found;
}

const ON_THE_WALL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/;
const WITH_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

function momentOf(at: string, zone: string, skippedHour: SkippedHour): number {
  const local = ON_THE_WALL.test(at);
  const parsed = Date.parse(local ? `${at}Z` : at);
  if (Number.isNaN(parsed) || !(local || WITH_OFFSET.test(at)) || !isDay(at.slice(0, 10))) {
    throw invalid(`'${at}' is no date: 2026-11-05T09:00:00Z, or 2026-11-05T09:00 by the clock of the time zone`);
  }
  if (!local) return parsed;
  const resolved = resolveWall(zone, parsed);
  switch (resolved.kind) {
    case 'once':
      return resolved.atMs;
    case 'twice':
      return resolved.firstMs;
    case 'never':
      if (skippedHour === 'run_after') return resolved.endMs;
      throw invalid(`clocks in ${zone} skip ${at}`);
  }
}

/** JavaScript reads 30 February as 2 March. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function invalid(message: string): TerminalError {
  return new TerminalError('SCHEDULE_INVALID', message);
}
