import { describe, expect, it, test } from 'vitest';
import { occurrencesBetween } from '../occurrences.ts';
import { type ImportOptions, readCalendar } from './import.ts';

const OPTIONS: ImportOptions = {
  owner: 'key_1',
  contextId: 'default',
  zone: 'UTC',
  recipients: ['ana'],
  nowMs: Date.parse('2026-01-01T00:00:00Z'),
};
const calendar = (...lines: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const vevent = (...lines: string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'];
const vtodo = (...lines: string[]) => ['BEGIN:VTODO', ...lines, 'END:VTODO'];
const read = (...lines: string[]) => readCalendar(calendar(...lines), OPTIONS);

async function startsOf(...lines: string[]): Promise<string[]> {
  const { items, refused } = await read(...lines);
  expect(refused).toEqual([]);
  return items
    .flatMap((item) => occurrencesBetween(item, 0, Infinity, 6))
    .map(({ startsMs, title }) => `${new Date(startsMs).toISOString().slice(0, 16)} ${title}`);
}

describe('a calendar', () => {
  it('gives events and to-dos with their texts', async () => {
    const { items } = await read(
      ...vevent(
        'UID:a@example.org',
        'DTSTAMP:20260101T000000Z',
        'SEQUENCE:3',
        'DTSTART;TZID=America/Sao_Paulo:20260310T090000',
        'DURATION:PT1H30M',
        'SUMMARY:Lunch\\, long',
        'LOCATION:Ro',
        ' om 2',
        'DESCRIPTION:a\\nb',
        'ATTENDEE:mailto:somebody@example.org',
        'BEGIN:VALARM',
        'TRIGGER:-PT15M',
        'SUMMARY:not this',
        'END:VALARM',
      ),
      ...vtodo('UID:t', 'DUE:20260311T120000Z', 'SUMMARY:Pay', 'STATUS:NEEDS-ACTION'),
      ...vtodo('UID:d', 'SUMMARY:Done', 'STATUS:COMPLETED', 'COMPLETED:20260102T000000Z'),
    );
    expect(items).toMatchObject([
      {
        kind: 'event',
        owner: 'key_1',
        uid: 'a@example.org',
        sequence: 3,
        title: 'Lunch, long',
        location: 'Room 2',
        description: 'a\nb',
        timeZone: 'America/Sao_Paulo',
        recipients: ['ana'],
        startsAt: new Date('2026-03-10T12:00:00Z'),
        endsAt: new Date('2026-03-10T13:30:00Z'),
        remindAt: new Date('2026-03-10T11:00:00Z'),
      },
      { kind: 'task', startsAt: new Date('2026-03-11T12:00:00Z'), completedAt: undefined },
      { kind: 'task', startsAt: undefined, completedAt: new Date('2026-01-02T00:00:00Z'), remindAt: undefined },
    ]);
  });

  it('has series with dates left out, added and moved, in their zone', async () => {
    expect(
      await startsOf(
        ...vevent(
          'UID:s',
          'DTSTART;TZID=Europe/Lisbon:20260323T100000',
          'DTEND;TZID=Europe/Lisbon:20260323T110000',
          'RRULE:FREQ=WEEKLY;COUNT=5',
          'EXDATE;TZID=Europe/Lisbon:20260330T100000',
          'RDATE;TZID=Europe/Lisbon:20260401T180000',
          'SUMMARY:Weekly',
        ),
        ...vevent(
          'UID:s',
          'RECURRENCE-ID;TZID=Europe/Lisbon:20260406T100000',
          'DTSTART;TZID=Europe/Lisbon:20260407T150000',
          'SUMMARY:Once later',
        ),
        ...vevent('UID:s', 'RECURRENCE-ID:20260413T090000Z', 'DTSTART:20260413T090000Z', 'STATUS:CANCELLED'),
      ),
    ).toEqual(['2026-03-23T10:00 Weekly', '2026-04-01T17:00 Weekly', '2026-04-07T14:00 Once later', '2026-04-20T09:00 Weekly']);
  });

  it.each([
    ['IANA', 'TZID=Europe/Lisbon', [], '2026-07-01T09:00'],
    ['IANA behind a path', 'TZID=/mozilla.org/20050126_1/America/Argentina/Ushuaia', [], '2026-07-01T13:00'],
    ['Windows', 'TZID=E. South America Standard Time', [], '2026-07-01T13:00'],
    ['the place of a VTIMEZONE', 'TZID=Mine', ['TZID:Mine', 'X-LIC-LOCATION:Asia/Kolkata'], '2026-07-01T04:30'],
    [
      'the one offset of a VTIMEZONE',
      'TZID="(UTC-03:00) Somewhere"',
      [
        'TZID:(UTC-03:00) Somewhere',
        'BEGIN:STANDARD',
        'DTSTART:16010101T000000',
        'TZOFFSETFROM:-0300',
        'TZOFFSETTO:-0300',
        'END:STANDARD',
      ],
      '2026-07-01T13:00',
    ],
  ])('knows zones by %s', async (_how, parameter, zone, expected) => {
    const defined = zone.length === 0 ? [] : ['BEGIN:VTIMEZONE', ...zone, 'END:VTIMEZONE'];
    const [start] = await startsOf(...defined, ...vevent('UID:z', `DTSTART;${parameter}:20260701T100000`, 'SUMMARY:Z'));
    expect(start).toBe(`${expected} Z`);
  });

  it('has times of its own zone where they name none', async () => {
    expect(await startsOf('X-WR-TIMEZONE:America/Sao_Paulo', ...vevent('UID:f', 'DTSTART:20260701T100000', 'SUMMARY:F'))).toEqual(
      ['2026-07-01T13:00 F'],
    );
    expect(await startsOf(...vevent('UID:f', 'DTSTART:20260701T100000', 'SUMMARY:F'))).toEqual(['2026-07-01T10:00 F']);
  });

  it('may give an occurrence alone, cancel an item, name one twice, or leave out its UID', async () => {
    const { items, cancelled } = await read(
      ...vevent('UID:o', 'RECURRENCE-ID:20260301T100000Z', 'DTSTART:20260302T100000Z', 'SUMMARY:Alone'),
      ...vevent('UID:c', 'DTSTART:20260302T100000Z', 'STATUS:CANCELLED'),
      ...vevent('UID:v', 'SEQUENCE:2', 'DTSTART:20260302T100000Z', 'SUMMARY:Newer'),
      ...vevent('UID:v', 'SEQUENCE:1', 'DTSTART:20260302T100000Z', 'SUMMARY:Older'),
      ...vevent('DTSTAMP:20260101T000000Z', 'DTSTART:20260302T100000Z', 'SUMMARY:Nameless'),
    );
    expect(items.map(({ title }) => title).toSorted()).toEqual(['Alone', 'Nameless', 'Newer']);
    expect(cancelled).toEqual([{ kind: 'event', uid: 'c' }]);
    const again = await read(...vevent('DTSTAMP:20270101T000000Z', 'DTSTART:20260302T100000Z', 'SUMMARY:Nameless'));
    expect(items.map(({ uid }) => uid)).toContain(again.items[0]?.uid);
  });

  it('with one bad item gives the others, and says where it is', async () => {
    const { items, refused } = await read(
      ...vevent('UID:good', 'DTSTART:20260302T100000Z'),
      ...vevent('UID:bad', 'DTSTART:20260230T100000Z'),
    );
    expect(items.map(({ uid }) => uid)).toEqual(['good']);
    expect(refused).toMatchObject([{ line: 7, code: 'CALENDAR_ITEM_INVALID' }]);
  });
});

test.each([
  ['no start', ['SUMMARY:x'], 'CALENDAR_ITEM_INVALID'],
  ['a start that is none', ['DTSTART:2026'], 'CALENDAR_ITEM_INVALID'],
  ['a month that is none', ['DTSTART:20261345T990000Z'], 'CALENDAR_ITEM_INVALID'],
  ['a day that no month has', ['DTSTART;VALUE=DATE:20260230'], 'CALENDAR_ITEM_INVALID'],
  ['a year out of reach', ['DTSTART:00010101T000000Z'], 'AGENDA_TIME_INVALID'],
  ['a zone of nobody', ['DTSTART;TZID=Nowhere:20260302T100000'], 'AGENDA_ZONE_UNKNOWN'],
  ['a rule that is none', ['DTSTART:20260302T100000Z', 'RRULE:RUBBISH'], 'RECURRENCE_INVALID'],
  ['a rule of every second', ['DTSTART:20260302T100000Z', 'RRULE:FREQ=SECONDLY'], 'RECURRENCE_INVALID'],
  [
    'a rule without an end to its search',
    ['DTSTART:20260302T100000Z', 'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30'],
    'RECURRENCE_INVALID',
  ],
  ['two rules', ['DTSTART:20260302T100000Z', 'RRULE:FREQ=DAILY', 'RRULE:FREQ=WEEKLY'], 'CALENDAR_ITEM_UNSUPPORTED'],
  [
    'all that follow',
    ['DTSTART:20260302T100000Z', 'RECURRENCE-ID;RANGE=THISANDFUTURE:20260302T100000Z'],
    'CALENDAR_ITEM_UNSUPPORTED',
  ],
  ['periods', ['DTSTART:20260302T100000Z', 'RDATE;VALUE=PERIOD:20260303T100000Z/PT1H'], 'CALENDAR_ITEM_UNSUPPORTED'],
  ['a duration that is none', ['DTSTART:20260302T100000Z', 'DURATION:soon'], 'CALENDAR_ITEM_INVALID'],
  ['a line that is none', ['DTSTART:20260302T100000Z', 'SUMMARY'], 'CALENDAR_ITEM_INVALID'],
  [
    'exceptions without end',
    ['DTSTART:20260302T100000Z', 'RRULE:FREQ=DAILY', `EXDATE:${'20260302T100000Z,'.repeat(600)}20260302T100000Z`],
    'CALENDAR_ITEM_INVALID',
  ],
])('an event with %s is refused', async (_what, lines, code) => {
  const { items, refused } = await read(...vevent('UID:x', ...lines));
  expect(items).toEqual([]);
  expect(refused).toMatchObject([{ line: 3, code, message: expect.any(String) as string }]);
});

test.each([
  ['nothing', '', 'CALENDAR_INVALID'],
  ['a web page', '<html>\n<body>', 'CALENDAR_INVALID'],
  ['an event outside of a calendar', 'BEGIN:VEVENT\nUID:1\nEND:VEVENT', 'CALENDAR_INVALID'],
  ['one that does not end', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1', 'CALENDAR_INVALID'],
  ['one that ends crosswise', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR', 'CALENDAR_INVALID'],
  ['one that is empty', calendar(), 'CALENDAR_INVALID'],
  ['one that is nested without end', `BEGIN:VCALENDAR\n${'BEGIN:VEVENT\n'.repeat(50_000)}`, 'CALENDAR_INVALID'],
  ['too many events', calendar(...Array.from({ length: 2_001 }, () => 'BEGIN:VEVENT\r\nEND:VEVENT')), 'CALENDAR_TOO_LARGE'],
])('%s is refused whole', async (_what, text, code) => {
  await expect(readCalendar(text, OPTIONS)).rejects.toMatchObject({ code });
});
