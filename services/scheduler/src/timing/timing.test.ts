import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCron } from './cron.ts';
import { nextAfter, occurrencesAfter, type TimingInput, timingOf } from './timing.ts';
import { changeBetween, offsetMs, resolveWall, wallOf } from './zone.ts';

const DAY_MS = 86_400_000;
const given = (more: Partial<TimingInput>): TimingInput => ({ time_zone: 'UTC', skipped_hour: 'run_after', ...more });
const iso = (atMs: number | undefined) => (atMs === undefined ? undefined : new Date(atMs).toISOString());
const ZONES = ['UTC', 'Europe/Lisbon', 'America/Sao_Paulo', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
const moment = fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2030, 0) });

describe('an interval', () => {
  it('is counted from where it began, on whole seconds', () => {
    const timing = timingOf(given({ interval_seconds: 300 }), Date.parse('2026-11-01T10:00:00.700Z'));
    expect(occurrencesAfter(timing, Date.parse('2026-11-01T10:00:00.700Z'), 2).map(iso)).toEqual([
      '2026-11-01T10:05:00.000Z',
      '2026-11-01T10:10:00.000Z',
    ]);
  });

  it('that has a start comes round first at it, and not after its end', () => {
    const timing = timingOf(
      given({ interval_seconds: 60, starts_at: '2026-11-02T00:00:30Z', ends_at: '2026-11-02T00:02:30+00:00' }),
      Date.parse('2026-11-01T00:00:00Z'),
    );
    expect(occurrencesAfter(timing, Date.parse('2026-11-01T00:00:00Z'), 9).map(iso)).toEqual([
      '2026-11-02T00:00:30.000Z',
      '2026-11-02T00:01:30.000Z',
      '2026-11-02T00:02:30.000Z',
    ]);
  });

  it('takes no notice of clocks that change', () => {
    const timing = timingOf(given({ interval_seconds: 3_600, time_zone: 'Europe/Lisbon' }), Date.parse('2026-10-24T23:00:00Z'));
    const found = occurrencesAfter(timing, Date.parse('2026-10-24T23:00:00Z'), 4);
    expect(found.slice(1).map((at, index) => at - (found[index] ?? 0))).toEqual([3_600_000, 3_600_000, 3_600_000]);
  });
});

describe('one date', () => {
  it.each([
    ['2026-11-05T09:00:00Z', 'UTC', '2026-11-05T09:00:00.000Z'],
    ['2026-11-05T09:00:00-03:00', 'UTC', '2026-11-05T12:00:00.000Z'],
    ['2026-11-05T09:00', 'America/Sao_Paulo', '2026-11-05T12:00:00.000Z'],
    ['2026-10-25T01:30', 'Europe/Lisbon', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29T01:30', 'Europe/Lisbon', '2026-03-29T01:00:00.000Z'],
  ])('%s in %s is %s, and then never again', (at, time_zone, expected) => {
    const timing = timingOf(given({ at, time_zone }), 0);
    expect(occurrencesAfter(timing, 0, 5).map(iso)).toEqual([expected]);
    expect(nextAfter(timing, Date.parse(expected))).toBeUndefined();
  });
});

it.each([
  [{ time_zone: 'America/Sao Paulo', cron: '0 9 * * *' }, /time zone/],
  [{ cron: '0 9 * *' }, /five fields/],
  [{ cron: '0 0 9 * * * 2026' }, /five fields/],
  [{ cron: '61 9 * * *' }, /no cron pattern/],
  [{ cron: '? 9 * * *' }, /'\?'/],
  [{ cron: '@daily x y z w' }, /'@'/],
  [{ at: 'tomorrow' }, /no date/],
  [{ at: '2026-02-30T09:00' }, /no date/],
  [{ at: '2026-03-29T01:30', time_zone: 'Europe/Lisbon', skipped_hour: 'skip' as const }, /skip/],
])('%j is refused', (input, why) => {
  expect(() => timingOf(given(input), 0)).toThrow(
    expect.objectContaining({ code: 'SCHEDULE_INVALID', message: expect.stringMatching(why) }),
  );
});

it('a pattern that never matches has no occurrence', () => {
  expect(nextAfter(timingOf(given({ cron: '0 0 30 2 *' }), 0), Date.UTC(2026, 0))).toBeUndefined();
});

const pattern = fc
  .record({
    second: fc.option(fc.constantFrom('0', '30', '*/20'), { nil: undefined }),
    minute: fc.constantFrom('0', '30', '*/15', '5,50', '*'),
    hour: fc.constantFrom('*', '1', '2', '0', '23', '*/6', '1-3', '8,20'),
    day: fc.constantFrom('*', '1', '15', '28-31'),
    month: fc.constantFrom('*', '3', '10,11'),
    weekday: fc.constantFrom('*', '0', '1-5', '7'),
  })
  .map(({ second, minute, hour, day, month, weekday }) =>
    [second, minute, hour, day, month, weekday].filter((field) => field !== undefined).join(' '),
  );

describe('any pattern, in any zone, from any moment', () => {
  it('comes round later and later, at times that the pattern matches unless clocks skipped them', () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom(...ZONES), moment, (cron, time_zone, from) => {
        const found = occurrencesAfter(timingOf(given({ cron, time_zone }), 0), from, 5);
        let before = from;
        for (const at of found) {
          expect(at).toBeGreaterThan(before);
          const wall = wallOf(time_zone, at);
          const matches = compileCron(cron).next(wall - 1) === wall;
          // What does not match stands in for an hour that was skipped just before it.
          if (!matches) expect(offsetMs(time_zone, at)).toBeGreaterThan(offsetMs(time_zone, at - 1));
          before = at;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is what the reference library says, wherever no clock changes nearby', () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom(...ZONES), moment, (cron, time_zone, from) => {
        const sameOffset = (moments: number[]) => new Set(moments.map((one) => offsetMs(time_zone, one))).size === 1;
        const at = nextAfter(timingOf(given({ cron, time_zone }), 0), from);
        // Before the reference is asked: at a change of the clocks it may find nothing and give up.
        fc.pre(at === undefined || sameOffset([from, at - DAY_MS, at, at + DAY_MS]));
        const reference = CronExpressionParser.parse(cron, { tz: time_zone, currentDate: new Date(from) })
          .next()
          .getTime();
        fc.pre(sameOffset([from, reference - DAY_MS, reference]));
        expect(iso(at)).toBe(iso(reference));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a pattern of every hour', () => {
  const CHANGES: [zone: string, at: string][] = [
    ['America/Sao_Paulo', '2017-10-15T03:00Z'],
    ['America/Sao_Paulo', '2018-02-18T02:00Z'],
    ['Europe/Lisbon', '2026-03-29T01:00Z'],
    ['Europe/Lisbon', '2026-10-25T01:00Z'],
    ['America/New_York', '2026-11-01T06:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ];
  const MINUTE_MS = 60_000;
  const everyHour = fc
    .tuple(
      fc.constantFrom('0', '30', '*/15', '5,50', '59', '*'),
      fc.constantFrom('*', '15', '18', '25', '1-5'),
      fc.constantFrom('*', '0', '6', '1-5'),
    )
    .map(([minute, day, weekday]) => `${minute} * ${day} * ${weekday}`);

  it('around a change comes round when a walk from minute to minute finds it', () => {
    const minutesBefore = fc.integer({ min: 0, max: 20 * 60 });
    fc.assert(
      fc.property(everyHour, fc.constantFrom(...CHANGES), minutesBefore, (cron, [time_zone, change], minutes) => {
        const from = Date.parse(change) - minutes * MINUTE_MS;
        const until = Date.parse(change) + 4 * 60 * MINUTE_MS;
        const matches = (wall: number) => compileCron(cron).next(wall - 1) === wall;
        let walked: number | undefined = from + MINUTE_MS;
        while (walked !== undefined && !matches(wallOf(time_zone, walked))) {
          walked = walked < until ? walked + MINUTE_MS : undefined;
        }
        const at = nextAfter(timingOf(given({ cron, time_zone }), 0), from);
        if (walked === undefined) expect(at).toBeGreaterThan(until);
        else expect(iso(at)).toBe(iso(walked));
      }),
      { numRuns: 150 },
    );
  });

  it('comes round at the same moment, whenever before it that is asked', () => {
    const pattern = fc
      .tuple(everyHour, fc.constantFrom('*', '2', '3', '10,11'))
      .map(([text, month]) => text.replace(/ \* (\S+)$/, ` ${month} $1`));
    fc.assert(
      fc.property(
        pattern,
        fc.constantFrom(...ZONES),
        moment,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (cron, time_zone, from, part) => {
          const timing = timingOf(given({ cron, time_zone }), 0);
          const at = nextAfter(timing, from);
          if (at === undefined) throw new Error('it never comes round');
          expect(iso(nextAfter(timing, Math.floor(from + (at - 1 - from) * part)))).toBe(iso(at));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the clock on the wall', () => {
  it('read back is the moment it was read at, or the first of two that read the same', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), moment, (zone, at) => {
        const wholeSecond = Math.floor(at / 1_000) * 1_000;
        const resolved = resolveWall(zone, wallOf(zone, wholeSecond));
        expect(resolved.kind).not.toBe('never');
        if (resolved.kind === 'once') expect(resolved.atMs).toBe(wholeSecond);
        if (resolved.kind === 'twice') expect(resolved.firstMs).toBeLessThanOrEqual(wholeSecond);
      }),
    );
  });

  it('changes at the second it changes', () => {
    const at = changeBetween('Europe/Lisbon', Date.parse('2026-03-28T00:00Z'), Date.parse('2026-03-30T00:00Z'));
    expect(iso(at)).toBe('2026-03-29T01:00:00.000Z');
  });
});
