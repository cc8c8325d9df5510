import { DAY } from '@techno/kernel';
import type { AgendaItem, MovedOccurrence } from '@techno/storage';
import { type WallMs, wallOf } from '../timing/zone.ts';
import { momentOf, parseRule, type RuleStarts, ruleStarts } from './rule.ts';
import { endOf } from './times.ts';

/** One time that an item comes round. */
export interface Occurrence {
  /**
   * Which one of its item, whatever becomes of its hour: `once` for an item that is no series; else the day on which the rule has it
   * (`2026-11-21`), with a number where a day may have several (`2026-11-21.2`). So a series whose start moves from ten to eleven has the
   * same occurrences as before, and an occurrence that is moved by itself stays the one it was.
   */
  readonly id: string;
  readonly startsMs: number;
  readonly endsMs: number | undefined;
  readonly title: string;
  readonly location: string;
}

export type Recurring = Pick<
  AgendaItem,
  'startsAt' | 'endsAt' | 'allDay' | 'timeZone' | 'recurrence' | 'title' | 'location' | 'completedAt'
>;

/** An occurrence as the rule has it, before anybody moved it. */
interface Planned {
  readonly id: string;
  readonly startsMs: number;
}

/** Those that start at or after `fromMs` and before `toMs`, in order; at most `limit`, the first ones. */
export function occurrencesBetween(item: Recurring, fromMs: number, toMs: number, limit: number): Occurrence[] {
  const found: Occurrence[] = [];
  for (const occurrence of occurrencesFrom(item, fromMs)) {
    if (occurrence.startsMs >= toMs || found.length >= limit) break;
    found.push(occurrence);
  }
  return found;
}

/** The first that starts after `afterMs`. */
export function nextOccurrence(item: Recurring, afterMs: number): Occurrence | undefined {
  for (const occurrence of occurrencesFrom(item, afterMs + 1)) return occurrence;
  return undefined;
}

/** Those that start at or after `fromMs`, in order, as many as are asked for. */
function* occurrencesFrom(item: Recurring, fromMs: number): Generator<Occurrence> {
  const { startsAt, recurrence } = item;
  if (startsAt === undefined) return;
  if (recurrence === undefined) {
    if (startsAt.getTime() >= fromMs) yield occurrenceOf(item, { id: 'once', startsMs: startsAt.getTime() }, undefined);
    return;
  }
  const series = seriesOf(item, startsAt);
  const left = new Set(recurrence.except.map((time) => series.idOf(Date.parse(time))));
  const moved = new Map(recurrence.moved.map((one) => [series.idOf(Date.parse(one.from)), one]));
  // What was moved or added lies anywhere; what the rule gives comes in order between it.
  const apart = [
    ...[...moved].flatMap(([id, one]) =>
      one.to === undefined ? [] : [occurrenceOf(item, { id, startsMs: Date.parse(one.to) }, one)],
    ),
    ...series.extras.filter(({ id }) => !left.has(id) && !moved.has(id)).map((planned) => occurrenceOf(item, planned, undefined)),
  ]
    .filter(({ startsMs }) => startsMs >= fromMs)
    .toSorted((a, b) => a.startsMs - b.startsMs);
  for (const planned of series.plannedFrom(fromMs)) {
    if (left.has(planned.id) || moved.has(planned.id)) continue;
    while (apart[0] !== undefined && apart[0].startsMs <= planned.startsMs) yield apart.shift() as Occurrence;
    yield occurrenceOf(item, planned, undefined);
  }
  yield* apart;
}

function occurrenceOf(item: Recurring, { id, startsMs }: Planned, moved: MovedOccurrence | undefined): Occurrence {
  return {
    id,
    startsMs,
    endsMs: moved?.ends_at === undefined ? usualEndMs(item, startsMs) : Date.parse(moved.ends_at),
    title: moved?.title ?? item.title,
    location: moved?.location ?? item.location,
  };
}

function usualEndMs({ startsAt, endsAt, allDay, timeZone }: Recurring, startsMs: number): number | undefined {
  if (startsAt === undefined || endsAt === undefined) return undefined;
  return endOf(timeZone, allDay, { startMs: startsAt.getTime(), endMs: endsAt.getTime() }, startsMs);
}

interface Series {
  /** By the rule, those that start at or after. */
  plannedFrom(fromMs: number): Generator<Planned>;
  /** Besides the rule. */
  readonly extras: readonly Planned[];
  /** Which occurrence is meant by a time: one that was added at that time, else the one of its day or, where a day has several, of that time. */
  idOf(atMs: number): string;
}

function seriesOf({ timeZone: zone, allDay, recurrence }: Recurring, startsAt: Date): Series {
  const reading = (atMs: number) => (allDay ? startOfWallDay(wallOf(zone, atMs)) : wallOf(zone, atMs));
  const first = reading(startsAt.getTime());
  const rule = recurrence?.rule === undefined ? undefined : parseRule(recurrence.rule);
  const starts: RuleStarts = rule === undefined ? onlyOnce(first) : ruleStarts(rule.text, first);
  const lastMs = recurrence?.last === undefined ? Infinity : Date.parse(recurrence.last);

  function idAt(wall: WallMs): string {
    if (rule?.subDaily !== true) return dayOf(wall);
    const ofDay = starts.between(startOfWallDay(wall), wall);
    return ofDay.at(-1) === wall ? `${dayOf(wall)}.${ofDay.length}` : besides(wall);
  }

  const extras = new Map(
    (recurrence?.extra ?? [])
      .map((time) => Date.parse(time))
      // One that the rule has as well is the rule's.
      .filter((atMs) => starts.between(reading(atMs), reading(atMs)).length === 0)
      .map((atMs) => [atMs, { id: besides(reading(atMs)), startsMs: atMs }]),
  );

  return {
    extras: [...extras.values()],
    *plannedFrom(fromMs) {
      // Two days before, because clocks may have changed between.
      let next = starts.next(wallOf(zone, fromMs) - 2 * DAY);
      // Asked for by the week, then by the month: one by one costs ten times as much.
      for (let days = 4; next !== undefined; days = Math.min(days * 2, 64)) {
        const [from, to] = [startOfWallDay(next), startOfWallDay(next) + days * DAY - 1];
        let before: WallMs = from;
        let number = 0;
        for (const wall of starts.between(from, to)) {
          number = dayOf(wall) === dayOf(before) ? number + 1 : 1;
          before = wall;
          const startsMs = momentOf(zone, wall);
          if (startsMs > lastMs) return;
          if (startsMs >= fromMs) yield { id: rule?.subDaily === true ? `${dayOf(wall)}.${number}` : dayOf(wall), startsMs };
        }
        next = starts.next(to);
      }
    },
    idOf: (atMs) => extras.get(atMs)?.id ?? idAt(reading(atMs)),
  };
}

/** Dates alone: the first start, and what was added to it. */
function onlyOnce(first: WallMs): RuleStarts {
  return {
    next: (after) => (after < first ? first : undefined),
    between: (from, to) => (from <= first && first <= to ? [first] : []),
  };
}

const startOfWallDay = (wall: WallMs) => Math.floor(wall / DAY) * DAY;
const dayOf = (wall: WallMs) => new Date(wall).toISOString().slice(0, 10);
/** Of one that no rule gives: its day and hour. */
const besides = (wall: WallMs) => new Date(wall).toISOString().slice(0, 16).replace('T', '+');
