import fc from 'fast-check';
import { DAY, MINUTE } from '@techno/kernel';
import { expect, it, test } from 'vitest';
import { isTimeZone, quietUntil } from './quiet-hours.ts';

test.each([
  ['within one day', 'UTC', '2026-05-01T13:30:00Z', { from: '13:00', to: '15:00' }, '2026-05-01T15:00:00Z'],
  ['over midnight, before it', 'UTC', '2026-05-01T23:00:00Z', { from: '22:00', to: '07:00' }, '2026-05-02T07:00:00Z'],
  ['over midnight, after it', 'UTC', '2026-05-02T03:00:00Z', { from: '22:00', to: '07:00' }, '2026-05-02T07:00:00Z'],
  ['at its first minute', 'UTC', '2026-05-01T22:00:00Z', { from: '22:00', to: '07:00' }, '2026-05-02T07:00:00Z'],
  ['at its end', 'UTC', '2026-05-01T07:00:00Z', { from: '22:00', to: '07:00' }, undefined],
  ['outside', 'UTC', '2026-05-01T12:00:00Z', { from: '22:00', to: '07:00' }, undefined],
  ['empty', 'UTC', '2026-05-01T12:00:00Z', { from: '12:00', to: '12:00' }, undefined],
  ['a zone with half hours', 'Asia/Kolkata', '2026-05-01T17:00:00Z', { from: '22:00', to: '06:00' }, '2026-05-02T00:30:00Z'],
  // Berlin goes from 02:00 to 03:00 on 29 March 2026: 07:00 there is 05:00 UTC, an hour earlier than the day before.
  [
    'the night the clocks change',
    'Europe/Berlin',
    '2026-03-28T22:00:00Z',
    { from: '22:00', to: '07:00' },
    '2026-03-29T05:00:00Z',
  ],
])('%s', (_name, zone, now, hours, expected) => {
  expect(quietUntil(Date.parse(now), zone, hours)).toBe(expected === undefined ? undefined : Date.parse(expected));
});

it('ends at a minute that is not quiet, within a day', () => {
  const time = fc.tuple(fc.nat(23), fc.nat(59)).map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
  const zone = fc.constantFrom('UTC', 'America/Sao_Paulo', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe');
  const now = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2027, 0, 1) });
  fc.assert(
    fc.property(now, zone, time, time, (nowMs, where, from, to) => {
      const until = quietUntil(nowMs, where, { from, to });
      if (until === undefined) return;
      expect(until).toBeGreaterThan(nowMs);
      expect(until).toBeLessThanOrEqual(nowMs + DAY + MINUTE);
      expect(quietUntil(until, where, { from, to })).toBeUndefined();
    }),
    { numRuns: 40 },
  );
});

it('knows time zones from inventions', () => {
  expect(isTimeZone('America/Sao_Paulo')).toBe(true);
  expect(isTimeZone('Mars/Olympus')).toBe(false);
});
