import { errorMessage, TerminalError } from '@techno/kernel';
import { RRuleTemporal } from 'rrule-temporal';
import { resolveWall, type WallMs } from '../timing/zone.ts';

/** A rule of RFC 5545, read: what it says, apart from when it ends. */
export interface Rule {
  /** Without COUNT and UNTIL, in capitals. */
  readonly text: string;
  readonly count: number | undefined;
  /** As written: `20261231`, `20261231T235959`, the latter perhaps with a Z. */
  readonly until: string | undefined;
  /** More than one occurrence may fall on a day. */
  readonly subDaily: boolean;
}

/** What a rule may ask of the agenda: as much as calendars do, and nothing that takes long to work out. */
export const RULE_LIMITS = { count: 1_000, interval: 1_000, values: 100, aDay: 48 } as const;
/** Periods and candidates looked at for the next occurrence: enough for a leap day that is a Monday, 28 years apart. */
const SEARCH = { maxIterations: 1_000, maxCandidateEvaluations: 2_000 } as const;
/** The same for all occurrences of a rule with a COUNT. */
const SEARCH_ALL = { maxIterations: 5_000, maxCandidateEvaluations: 20_000 } as const;

const range = (least: number, most: number, signed = false) => ({ least, most, signed });
const LISTS: Readonly<Record<string, { least: number; most: number; signed: boolean }>> = {
  BYMONTH: range(1, 12),
  BYMONTHDAY: range(1, 31, true),
  BYYEARDAY: range(1, 366, true),
  BYWEEKNO: range(1, 53, true),
  BYSETPOS: range(1, 366, true),
  BYHOUR: range(0, 23),
  BYMINUTE: range(0, 59),
  BYSECOND: range(0, 59),
};
const WEEKDAY = /^[+-]?\d{0,2}(?:MO|TU|WE|TH|FR|SA|SU)$/;

/** Reads a rule. Throws TerminalError RECURRENCE_INVALID that names the part at fault. */
export function parseRule(given: string): Rule {
  const parts = new Map<string, string>();
  for (const part of given.trim().toUpperCase().replace(/;$/, '').split(';')) {
    const [name = '', value = '', ...rest] = part.split('=');
    if (name === '' || value === '' || rest.length > 0) throw invalid(`'${part.slice(0, 40)}' is not NAME=VALUE`);
    if (parts.has(name)) throw invalid(`${name} is given twice`);
    parts.set(name, value);
  }
  for (const [name, value] of parts) checkPart(name, value);
  if (!parts.has('FREQ')) throw invalid('it has no FREQ');
  if (parts.has('COUNT') && parts.has('UNTIL')) throw invalid('COUNT and UNTIL exclude each other');
  if (parts.has('BYWEEKNO') && (parts.has('BYYEARDAY') || parts.has('BYMONTHDAY')))
    throw invalid('BYWEEKNO goes neither with BYYEARDAY nor with BYMONTHDAY');
  const size = (name: string) => parts.get(name)?.split(',').length ?? 1;
  const aDay =
    (parts.get('FREQ') === 'HOURLY' && !parts.has('BYHOUR') ? 24 : size('BYHOUR')) * size('BYMINUTE') * size('BYSECOND');
  if (aDay > RULE_LIMITS.aDay) throw invalid(`it may come round ${aDay} times a day; at most ${RULE_LIMITS.aDay}`);
  const count = parts.get('COUNT');
  const endless = [...parts].filter(([name]) => name !== 'COUNT' && name !== 'UNTIL');
  return {
    text: endless.map(([name, value]) => `${name}=${value}`).join(';'),
    count: count === undefined ? undefined : Number(count),
    until: parts.get('UNTIL'),
    subDaily: aDay > 1,
  };
}

function checkPart(name: string, value: string): void {
  const values = value.split(',');
  if (values.length > RULE_LIMITS.values) throw invalid(`${name} has more than ${RULE_LIMITS.values} values`);
  const list = Object.hasOwn(LISTS, name) ? LISTS[name] : undefined;
  if (list !== undefined) {
    const bad = values.find((one) => !/^[+-]?\d{1,3}$/.test(one) || !within(Number(one), list));
    if (bad !== undefined) throw invalid(`${name} cannot be '${bad.slice(0, 20)}'`);
    return;
  }
  const isWhole = (most: number) => /^\d{1,9}$/.test(value) && Number(value) >= 1 && Number(value) <= most;
  const fits: Readonly<Record<string, () => boolean>> = {
    FREQ: () => ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'].includes(value),
    INTERVAL: () => isWhole(RULE_LIMITS.interval),
    COUNT: () => isWhole(RULE_LIMITS.count),
    UNTIL: () => /^\d{8}(?:T\d{6}Z?)?$/.test(value),
    WKST: () => /^(?:MO|TU|WE|TH|FR|SA|SU)$/.test(value),
    BYDAY: () => values.every((one) => WEEKDAY.test(one)),
  };
  const fit = Object.hasOwn(fits, name) ? fits[name] : undefined;
  if (fit === undefined) throw invalid(`there is no ${name.slice(0, 20)}`);
  if (!fit()) throw invalid(`${name} cannot be '${value.slice(0, 40)}'`);
}

function within(value: number, { least, most, signed }: { least: number; most: number; signed: boolean }): boolean {
  const size = signed ? Math.abs(value) : value;
  return size >= least && size <= most;
}

/** The starts that a rule gives, as readings of the clock on the wall: the first is always among them. */
export interface RuleStarts {
  /** The next one after that reading; undefined where there is none, or none within a reasonable search. */
  next(after: WallMs): WallMs | undefined;
  /** From one reading to another, both included. */
  between(from: WallMs, to: WallMs): WallMs[];
}

const KEPT = 2_000;
const compiled = new Map<string, RuleStarts>();

/** A rule without its end, from its first start. Throws TerminalError RECURRENCE_INVALID. */
export function ruleStarts(text: string, first: WallMs): RuleStarts {
  const key = `${first} ${text}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const rule = compile(text, first, SEARCH);
  const starts: RuleStarts = {
    next: (after) => (after < first ? first : unlessTooFar(() => rule.next(new Date(after)))?.epochMilliseconds),
    between: (from, to) => rule.between(new Date(from), new Date(to), true).map(({ epochMilliseconds }) => epochMilliseconds),
  };
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(key, starts);
  return starts;
}

/** The last start of a rule with a COUNT. Throws TerminalError RECURRENCE_INVALID where they lie too far apart. */
export function lastOfCount(text: string, count: number, first: WallMs): WallMs {
  try {
    return compile(`${text};COUNT=${count}`, first, SEARCH_ALL).all().at(-1)?.epochMilliseconds ?? first;
  } catch {
    throw invalid(`it does not come round ${count} times within reason`);
  }
}

/** Throws where a rule comes round only once, by accident: a 30 February, say. */
export function requireSecond(rule: Rule, first: WallMs): void {
  if (rule.count === 1 || rule.until !== undefined) return;
  if (ruleStarts(rule.text, first).next(first) === undefined) throw invalid('it holds for no other date');
}

function compile(text: string, first: WallMs, search: { maxIterations: number; maxCandidateEvaluations: number }): RRuleTemporal {
  const start = new Date(first).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  try {
    return new RRuleTemporal({ rruleString: `DTSTART:${start}\nRRULE:${text}`, includeDtstart: true, strict: true, ...search });
  } catch (error) {
    throw invalid(errorMessage(error));
  }
}

function unlessTooFar<T>(search: () => T): T | undefined {
  try {
    return search();
  } catch {
    return undefined;
  }
}

/** When a reading comes round in real time: of an hour that comes twice the first; of one that clocks skip, right after it. */
export function momentOf(zone: string, wall: WallMs): number {
  const resolved = resolveWall(zone, wall);
  switch (resolved.kind) {
    case 'once':
      return resolved.atMs;
    case 'twice':
      return resolved.firstMs;
    case 'never':
      return resolved.endMs;
  }
}

/** The last moment that an UNTIL includes; a day ends with its last second, where clocks of the zone say so. */
export function untilMs(until: string, zone: string): number {
  const [, year, month, day, hour, minute, second, utc] = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/.exec(until) ?? [];
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 23),
    Number(minute ?? 59),
    Number(second ?? 59),
  );
  return utc === 'Z' ? wall : momentOf(zone, wall);
}

function invalid(why: string): TerminalError {
  return new TerminalError('RECURRENCE_INVALID', `the rule cannot be used: ${why}`);
}
