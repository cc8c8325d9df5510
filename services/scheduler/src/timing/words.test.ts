import { expect, it } from 'vitest';
import { type TimingInput, timingOf } from './timing.ts';
import { localTime, sentenceOf } from './words.ts';

const NOW = Date.parse('2026-11-01T00:00:00Z');
const given = (more: Partial<TimingInput>): TimingInput => ({ time_zone: 'UTC', skipped_hour: 'run_after', ...more });

it.each<[Partial<TimingInput>, string, string]>([
  [{ interval_seconds: 3_600 }, 'Every hour (UTC)', 'A cada hora (UTC)'],
  [{ interval_seconds: 300 }, 'Every 5 minutes (UTC)', 'A cada 5 minutos (UTC)'],
  [
    { interval_seconds: 93_784 },
    'Every 1 day 2 hours 3 minutes 4 seconds (UTC)',
    'A cada 1 dia 2 horas 3 minutos 4 segundos (UTC)',
  ],
  [
    { cron: '30 9 * * 1-5', time_zone: 'America/Sao_Paulo' },
    'At 09:30, Monday through Friday (America/Sao_Paulo)',
    'Às 09:30, de segunda-feira a sexta-feira (America/Sao_Paulo)',
  ],
  [{ cron: '*/10 * * * * *' }, 'Every 10 seconds (UTC)', 'A cada 10 segundos (UTC)'],
  [
    { at: '2026-11-05T09:00', time_zone: 'America/Sao_Paulo' },
    'Once, on 5 November 2026 at 09:00 (America/Sao_Paulo)',
    'Uma vez, em 5 de novembro de 2026 às 09:00 (America/Sao_Paulo)',
  ],
  [
    { cron: '0 8 * * *', starts_at: '2026-12-01T00:00:00Z', ends_at: '2026-12-31T23:59:59Z' },
    'At 08:00, from 1 December 2026 at 00:00, until 31 December 2026 at 23:59:59 (UTC)',
    'Às 08:00, a partir de 1 de dezembro de 2026 às 00:00, até 31 de dezembro de 2026 às 23:59:59 (UTC)',
  ],
  [
    { at: '2026-10-05T09:00:00Z' },
    'Never again: Once, on 5 October 2026 at 09:00 (UTC)',
    'Nunca mais: Uma vez, em 5 de outubro de 2026 às 09:00 (UTC)',
  ],
])('%j in words', (input, en, pt) => {
  const timing = timingOf(given(input), NOW);
  const zone = input.time_zone ?? 'UTC';
  expect(sentenceOf(timing, zone, 'en', NOW)).toBe(en);
  expect(sentenceOf(timing, zone, 'pt-BR', NOW)).toBe(pt);
});

it.each([
  ['Europe/Lisbon', '2026-03-29T00:59:59Z', '2026-03-29T00:59:59+00:00'],
  ['Europe/Lisbon', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00+01:00'],
  ['America/Sao_Paulo', '2026-11-05T12:00:00Z', '2026-11-05T09:00:00-03:00'],
  ['Asia/Kathmandu', '2026-11-05T12:00:00Z', '2026-11-05T17:45:00+05:45'],
])('in %s, %s is %s', (zone, at, local) => {
  expect(localTime(zone, Date.parse(at))).toBe(local);
});
