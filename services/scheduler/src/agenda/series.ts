import type { MovedOccurrence, StoredRecurrence } from '@techno/storage';
import { DAY, rfc3339 } from '@techno/kernel';
import { wallOf } from '../timing/zone.ts';
import { lastOfCount, momentOf, parseRule, requireSecond, untilMs } from './rule.ts';
import type { Moment } from './times.ts';

/** What makes a series: a rule, dates, and what was moved. Times are epoch ms. */
export interface SeriesInput {
  readonly rule: string | undefined;
  readonly except: readonly number[];
  readonly extra: readonly number[];
  readonly moved: readonly MovedOccurrence[];
}

/** As it is kept, with the end that COUNT or UNTIL mean. Throws TerminalError RECURRENCE_INVALID. */
export function recurrenceOf(input: SeriesInput, start: Moment, zone: string): StoredRecurrence {
  const wall = start.allDay ? Math.floor(wallOf(zone, start.atMs) / DAY) * DAY : wallOf(zone, start.atMs);
  const times = (all: readonly number[]) => [...new Set(all)].toSorted((a, b) => a - b).map(rfc3339);
  const last = input.rule === undefined ? undefined : lastStartMs(input.rule, wall, zone);
  return {
    rule: input.rule,
    last: last === undefined ? undefined : rfc3339(last),
    except: times(input.except),
    extra: times(input.extra),
    moved: input.moved,
  };
}

function lastStartMs(text: string, wall: number, zone: string): number | undefined {
  const rule = parseRule(text);
  requireSecond(rule, wall);
  if (rule.count !== undefined) return momentOf(zone, lastOfCount(rule.text, rule.count, wall));
  return rule.until === undefined ? undefined : Math.max(untilMs(rule.until, zone), momentOf(zone, wall));
}

/** No occurrence starts after this (epoch ms); undefined where there is no end. */
export function lastStartOf({ rule, last, extra, moved }: StoredRecurrence, startMs: number): number | undefined {
  if (rule !== undefined && last === undefined) return undefined;
  const apart = [...extra, ...moved.flatMap(({ to }) => to ?? [])].map((time) => Date.parse(time));
  return Math.max(startMs, ...(last === undefined ? [] : [Date.parse(last)]), ...apart);
}
