import { CronExpressionParser } from 'cron-parser';
import { describe, expect, it } from 'vitest';
import { nextCron, type SkippedHour } from './cron.ts';

/**
 * Where clocks change. America/Sao_Paulo had summer time until February 2019: from midnight to 1 on a Sunday in November, back from midnight
 * to 23 in February. Europe/Lisbon goes from 1 to 2 on the last Sunday of March, back from 2 to 1 on the last of October.
 *
 * `reference`: what cron-parser says. It is `same`, unless the row says how it differs and why we do not follow it.
 */
const ROWS: [
  what: string,
  pattern: string,
  zone: string,
  skippedHour: SkippedHour,
  from: string,
  expected: string,
  reference: string,
][] = [
  // Clocks go forward: 01:00–01:59 of 29 March 2026 is not there.
  ['before the gap', '30 0 * * *', 'Europe/Lisbon', 'run_after', '2026-03-28T12:00Z', '29T00:30 29T23:30 30T23:30', 'same'],
  ['at its start', '0 1 * * *', 'Europe/Lisbon', 'run_after', '2026-03-28T12:00Z', '29T01:00 30T00:00 31T00:00', 'same'],
  [
    'in the gap: right after',
    '30 1 * * *',
    'Europe/Lisbon',
    'run_after',
    '2026-03-28T12:00Z',
    '29T01:00 30T00:30 31T00:30',
    // It adds the hour, so that the run comes half an hour after the gap instead of right after.
    '29T01:30 30T00:30 31T00:30',
  ],
  [
    'in the gap: not at all',
    '30 1 * * *',
    'Europe/Lisbon',
    'skip',
    '2026-03-28T12:00Z',
    '30T00:30 31T00:30',
    '29T01:30 30T00:30',
  ],
  [
    'several in the gap: once',
    '*/15 1 * * *',
    'Europe/Lisbon',
    'run_after',
    '2026-03-28T12:00Z',
    '29T01:00 30T00:00 30T00:15',
    '29T01:00 29T01:15 29T01:30',
  ],
  ['at its end', '0 2 * * *', 'Europe/Lisbon', 'run_after', '2026-03-28T12:00Z', '29T01:00 30T01:00 31T01:00', 'same'],
  [
    'one in the gap and one at its end: once',
    '0 1,2 * * *',
    'Europe/Lisbon',
    'run_after',
    '2026-03-28T12:00Z',
    '29T01:00 30T00:00 30T01:00',
    'same',
  ],
  ['every hour', '0 * * * *', 'Europe/Lisbon', 'run_after', '2026-03-28T23:30Z', '29T00:00 29T01:00 29T02:00', 'same'],
  ['every half hour', '*/30 * * * *', 'Europe/Lisbon', 'run_after', '2026-03-29T00:10Z', '29T00:30 29T01:00 29T01:30', 'same'],
  [
    'at half past every hour',
    '30 * * * *',
    'Europe/Lisbon',
    'run_after',
    '2026-03-29T00:10Z',
    '29T00:30 29T01:30 29T02:30',
    'same',
  ],
  [
    'the weekday of the gap',
    '30 1 * * 7',
    'Europe/Lisbon',
    'skip',
    '2026-03-28T12:00Z',
    '05T00:30 12T00:30',
    '29T01:30 05T00:30',
  ],
  // Clocks go back: 01:00–01:59 of 25 October 2026 comes twice.
  [
    'in the doubled hour: the first',
    '30 1 * * *',
    'Europe/Lisbon',
    'run_after',
    '2026-10-24T12:00Z',
    '25T00:30 26T01:30 27T01:30',
    'same',
  ],
  ['its start: the first', '0 1 * * *', 'Europe/Lisbon', 'run_after', '2026-10-24T12:00Z', '25T00:00 26T01:00 27T01:00', 'same'],
  [
    'after its first half: not again',
    '30 1 * * *',
    'Europe/Lisbon',
    'run_after',
    '2026-10-25T00:40Z',
    '26T01:30 27T01:30',
    'same',
  ],
  [
    'several in it: each once',
    '*/30 1 * * *',
    'Europe/Lisbon',
    'run_after',
    '2026-10-24T12:00Z',
    '25T00:00 25T00:30 26T01:00',
    'same',
  ],
  ['its end', '0 2 * * *', 'Europe/Lisbon', 'run_after', '2026-10-24T12:00Z', '25T02:00 26T02:00 27T02:00', 'same'],
  ['every second hour', '0 */2 * * *', 'Europe/Lisbon', 'run_after', '2026-10-24T22:10Z', '24T23:00 25T02:00 25T04:00', 'same'],
  ['every hour', '0 * * * *', 'Europe/Lisbon', 'run_after', '2026-10-24T22:30Z', '24T23:00 25T00:00 25T01:00 25T02:00', 'same'],
  [
    'every half hour',
    '*/30 * * * *',
    'Europe/Lisbon',
    'run_after',
    '2026-10-25T00:10Z',
    '25T00:30 25T01:00 25T01:30 25T02:00',
    'same',
  ],
  // Midnight itself goes: 00:00–00:59 of 4 November 2018 is not there.
  [
    'midnight in the gap',
    '0 0 * * *',
    'America/Sao_Paulo',
    'run_after',
    '2018-11-03T12:00Z',
    '04T03:00 05T02:00 06T02:00',
    'same',
  ],
  [
    'midnight in the gap: not at all',
    '0 0 * * *',
    'America/Sao_Paulo',
    'skip',
    '2018-11-03T12:00Z',
    '05T02:00 06T02:00',
    '04T03:00 05T02:00',
  ],
  [
    'half past midnight: right after',
    '30 0 * * *',
    'America/Sao_Paulo',
    'run_after',
    '2018-11-03T12:00Z',
    '04T03:00 05T02:30 06T02:30',
    '04T03:30 05T02:30 06T02:30',
  ],
  ['an hour later', '0 1 * * *', 'America/Sao_Paulo', 'run_after', '2018-11-03T12:00Z', '04T03:00 05T03:00 06T03:00', 'same'],
  ['every hour', '0 * * * *', 'America/Sao_Paulo', 'run_after', '2018-11-04T01:30Z', '04T02:00 04T03:00 04T04:00', 'same'],
  [
    'every hour of a day that begins with the gap, asked two changes before',
    '30 * 15 10 *',
    'America/Sao_Paulo',
    'run_after',
    '2017-01-13T20:25Z',
    '15T03:30 15T04:30 15T05:30',
    'same',
  ],
  [
    'the first of a month that begins after it',
    '0 0 5 11 *',
    'America/Sao_Paulo',
    'run_after',
    '2018-11-03T12:00Z',
    '05T02:00',
    'same',
  ],
  // The last hour of 17 February 2018 comes twice.
  [
    'in the doubled hour: the first',
    '30 23 * * *',
    'America/Sao_Paulo',
    'run_after',
    '2018-02-16T12:00Z',
    '17T01:30 18T01:30 19T02:30',
    'same',
  ],
  [
    'after its first half: not again',
    '30 23 * * *',
    'America/Sao_Paulo',
    'run_after',
    '2018-02-18T01:40Z',
    '19T02:30 20T02:30',
    'same',
  ],
  ['midnight after it', '0 0 * * *', 'America/Sao_Paulo', 'run_after', '2018-02-16T12:00Z', '17T02:00 18T03:00 19T03:00', 'same'],
  [
    'every hour',
    '30 * * * *',
    'America/Sao_Paulo',
    'run_after',
    '2018-02-18T00:00Z',
    '18T00:30 18T01:30 18T02:30 18T03:30',
    'same',
  ],
  // Since 2019 there is no summer time.
  ['a day that once had a gap', '0 0 * * *', 'America/Sao_Paulo', 'run_after', '2026-10-31T12:00Z', '01T03:00 02T03:00', 'same'],
  [
    'a day that once had two',
    '30 23 * * *',
    'America/Sao_Paulo',
    'run_after',
    '2027-02-19T12:00Z',
    '20T02:30 21T02:30 22T02:30',
    'same',
  ],
  // Half an hour comes twice: 01:30–01:59 of 5 April 2026.
  [
    'its end',
    '0 2 * * *',
    'Australia/Lord_Howe',
    'run_after',
    '2026-04-03T12:00Z',
    '03T15:00 04T15:30 05T15:30',
    // It steps by whole hours over the half, and finds nothing more.
    'Invalid expression, loop limit exceeded',
  ],
  [
    'in the doubled half hour: the first',
    '45 1 * * *',
    'Australia/Lord_Howe',
    'run_after',
    '2026-04-03T12:00Z',
    '03T14:45 04T14:45 05T15:15',
    'same',
  ],
  // Six fields.
  ['with seconds', '15 30 1 * * *', 'Europe/Lisbon', 'run_after', '2026-10-24T12:00Z', '25T00:30:15 26T01:30:15', 'same'],
];

const short = (atMs: number) => new Date(atMs).toISOString().slice(8, 19).replace(/:00$/, '');

function ours(pattern: string, zone: string, skippedHour: SkippedHour, from: string, count: number): string {
  const found: number[] = [];
  let at = nextCron(pattern, zone, skippedHour, Date.parse(from));
  while (at !== undefined && found.length < count) {
    found.push(at);
    at = nextCron(pattern, zone, skippedHour, at);
  }
  return found.map(short).join(' ');
}

/** The moments, or why it gives up. */
function theirs(pattern: string, zone: string, from: string, count: number): string {
  const iterator = CronExpressionParser.parse(pattern, { tz: zone, currentDate: new Date(from) });
  try {
    return Array.from({ length: count }, () => short(iterator.next().getTime())).join(' ');
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(ROWS)('%s: %s in %s (%s)', (_what, pattern, zone, skippedHour, from, expected, reference) => {
  const count = expected.split(' ').length;

  it('comes round when it should', () => {
    expect(ours(pattern, zone, skippedHour, from, count)).toBe(expected);
  });

  it('as the reference library has it, or where it differs, as the row says', () => {
    expect(theirs(pattern, zone, from, (reference === 'same' ? expected : reference).split(' ').length)).toBe(
      reference === 'same' ? expected : reference,
    );
  });
});
