import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventState } from './item.ts';
import { nextOccurrence, occurrencesBetween } from './occurrences.ts';
import type { SeriesInput } from './series.ts';
import { momentIn } from './times.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-01-01T00:00:00Z');

function event(start: string, zone: string, series?: Partial<SeriesInput>, end?: string) {
  return eventState(
    {
      title: 'Meeting',
      description: '',
      location: '',
      start: momentIn(zone, start),
      end: end === undefined ? undefined : momentIn(zone, end),
      zone,
      series: series && { rule: undefined, except: [], extra: [], moved: [], ...series },
      recipients: [],
      sequence: 0,
    },
    NOW,
  );
}

const short = (item: ReturnType<typeof event>, from: string, to: string) =>
  occurrencesBetween(item, Date.parse(from), Date.parse(to), 100).map(
    ({ id, startsMs }) => `${id} ${new Date(startsMs).toISOString().slice(5, 16)}`,
  );

describe('an event', () => {
  it('that is no series comes round once, as itself', () => {
    const single = event('2026-03-10T10:00:00Z', 'UTC');
    expect(short(single, '2026-03-10T10:00Z', '2026-03-11T00:00Z')).toEqual(['once 03-10T10:00']);
    expect(nextOccurrence(single, Date.parse('2026-03-10T10:00Z'))).toBeUndefined();
  });

  it('keeps its hour on the wall while clocks change', () => {
    const lisbon = event('2026-03-27T09:00:00Z', 'Europe/Lisbon', { rule: 'FREQ=DAILY' });
    expect(short(lisbon, '2026-03-28T00:00Z', '2026-03-31T00:00Z')).toEqual([
      '2026-03-28 03-28T09:00',
      '2026-03-29 03-29T08:00',
      '2026-03-30 03-30T08:00',
    ]);
  });

  it('comes right after an hour that clocks skip, and once in one that they double', () => {
    const gap = event('2026-03-28T01:30:00Z', 'Europe/Lisbon', { rule: 'FREQ=DAILY;COUNT=3' });
    expect(short(gap, '2026-03-01T00:00Z', '2026-04-10T00:00Z')).toEqual([
      '2026-03-28 03-28T01:30',
      '2026-03-29 03-29T01:00',
      '2026-03-30 03-30T00:30',
    ]);
    const twice = event('2026-10-24T00:30:00Z', 'Europe/Lisbon', { rule: 'FREQ=DAILY;COUNT=3' });
    expect(short(twice, '2026-10-01T00:00Z', '2026-11-10T00:00Z')).toEqual([
      '2026-10-24 10-24T00:30',
      '2026-10-25 10-25T00:30',
      '2026-10-26 10-26T01:30',
    ]);
  });

  it('of whole days is on those days, also where midnight is skipped', () => {
    const days = event('2018-11-03', 'America/Sao_Paulo', { rule: 'FREQ=DAILY;COUNT=3' });
    expect(short(days, '2018-11-01T00:00Z', '2018-11-10T00:00Z')).toEqual([
      '2018-11-03 11-03T03:00',
      '2018-11-04 11-04T03:00',
      '2018-11-05 11-05T02:00',
    ]);
    const [, second] = occurrencesBetween(
      event('2018-11-03', 'America/Sao_Paulo', { rule: 'FREQ=DAILY' }, '2018-11-04'),
      Date.parse('2018-11-03T00:00Z'),
      Infinity,
      2,
    );
    expect(new Date(second?.endsMs ?? 0).toISOString()).toBe('2018-11-05T02:00:00.000Z');
  });

  it('leaves out, moves and adds single dates', () => {
    const weekly = event('2026-03-02T10:00:00Z', 'UTC', {
      rule: 'FREQ=WEEKLY;UNTIL=20260401',
      except: [Date.parse('2026-03-09T10:00Z')],
      extra: [Date.parse('2026-03-11T15:00Z'), Date.parse('2026-03-16T10:00Z')],
      moved: [
        { from: '2026-03-16T10:00:00.000Z', to: '2026-03-17T08:00:00.000Z', title: 'Elsewhere' },
        { from: '2026-03-23T10:00:00.000Z' },
      ],
    });
    expect(short(weekly, '2026-03-01T00:00Z', '2026-05-01T00:00Z')).toEqual([
      '2026-03-02 03-02T10:00',
      '2026-03-11+15:00 03-11T15:00',
      '2026-03-16 03-17T08:00',
      '2026-03-30 03-30T10:00',
    ]);
    expect(nextOccurrence(weekly, Date.parse('2026-03-12T00:00Z'))).toMatchObject({ title: 'Elsewhere' });
  });

  it('that has dates and no rule comes round on those', () => {
    const dates = event('2026-03-02T10:00:00Z', 'UTC', {
      extra: [Date.parse('2026-03-05T10:00Z'), Date.parse('2026-03-03T10:00Z')],
    });
    expect(short(dates, '2026-01-01T00:00Z', '2027-01-01T00:00Z')).toEqual([
      '2026-03-02 03-02T10:00',
      '2026-03-03+10:00 03-03T10:00',
      '2026-03-05+10:00 03-05T10:00',
    ]);
  });

  it('several times a day has each by its number', () => {
    const twice = event('2026-03-02T09:00:00Z', 'UTC', {
      rule: 'FREQ=DAILY;BYHOUR=9,15',
      except: [Date.parse('2026-03-03T09:00Z'), Date.parse('2026-03-02T12:00Z')],
    });
    expect(short(twice, '2026-03-02T00:00Z', '2026-03-04T00:00Z')).toEqual([
      '2026-03-02.1 03-02T09:00',
      '2026-03-02.2 03-02T15:00',
      '2026-03-03.2 03-03T15:00',
    ]);
  });
});

const zones = fc.constantFrom('UTC', 'Europe/Lisbon', 'America/Sao_Paulo', 'Asia/Kolkata', 'Pacific/Auckland');
const rules = fc.constantFrom(
  'FREQ=DAILY',
  'FREQ=WEEKLY;BYDAY=MO,WE,SU',
  'FREQ=MONTHLY;BYMONTHDAY=-1',
  'FREQ=DAILY;BYHOUR=1,2,23',
  'FREQ=HOURLY;INTERVAL=5',
);
const starts = fc.integer({ min: 0, max: 300 * 24 * 60 }).map((minutes) => new Date(NOW + minutes * 60_000).toISOString());

describe('for any series', () => {
  it('what is between two times is what is between each and one in the middle', () => {
    fc.assert(
      fc.property(starts, zones, rules, fc.array(fc.nat(12 * 24), { maxLength: 3 }), (start, zone, rule, hours) => {
        const at = Date.parse(start);
        const item = event(start, zone, { rule, extra: hours.slice(1).map((hour) => at + hour * 3_600_000) });
        const middle = at + (hours[0] ?? 100) * 3_600_000;
        const end = at + 12 * DAY_MS;
        const all = occurrencesBetween(item, at, end, 1_000);
        expect([...occurrencesBetween(item, at, middle, 1_000), ...occurrencesBetween(item, middle, end, 1_000)]).toEqual(all);
        expect(all.map(({ startsMs }) => startsMs)).toEqual(all.map(({ startsMs }) => startsMs).toSorted((a, b) => a - b));
        expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
        expect(nextOccurrence(item, middle - 1)).toEqual(all.find(({ startsMs }) => startsMs >= middle) ?? expect.anything());
      }),
      { numRuns: 20 },
    );
  });

  it('an occurrence is the same one when the whole series begins at another hour of the day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 23 }), zones, (before, after, zone) => {
        const idsFrom = (hour: number) => {
          const day = momentIn(zone, '2026-05-04').atMs + hour * 3_600_000;
          const item = event(new Date(day).toISOString(), zone, { rule: 'FREQ=WEEKLY;BYDAY=MO,TH' });
          return occurrencesBetween(item, NOW, NOW + 160 * DAY_MS, 10).map(({ id }) => id);
        };
        expect(idsFrom(after)).toEqual(idsFrom(before));
      }),
      { numRuns: 30 },
    );
  });
});
