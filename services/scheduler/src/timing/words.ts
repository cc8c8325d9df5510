import type { SentenceLocale } from '@techno/contracts';
import { DAY, HOUR, MINUTE, SECOND } from '@techno/kernel';
import cronstrue from 'cronstrue/i18n.js';
import { nextAfter, type Timing } from './timing.ts';
import { offsetMs } from './zone.ts';

interface Words {
  readonly cronstrue: string;
  readonly units: readonly (readonly [ms: number, one: string, many: string])[];
  every(interval: string): string;
  once(when: string): string;
  never: string;
  from(when: string): string;
  until(when: string): string;
}

const WORDS: Readonly<Record<SentenceLocale, Words>> = {
  en: {
    cronstrue: 'en',
    units: [
      [DAY, 'day', 'days'],
      [HOUR, 'hour', 'hours'],
      [MINUTE, 'minute', 'minutes'],
      [SECOND, 'second', 'seconds'],
    ],
    every: (interval) => `Every ${interval}`,
    once: (when) => `Once, on ${when}`,
    never: 'Never again',
    from: (when) => `from ${when}`,
    until: (when) => `until ${when}`,
  },
  'pt-BR': {
    cronstrue: 'pt_BR',
    units: [
      [DAY, 'dia', 'dias'],
      [HOUR, 'hora', 'horas'],
      [MINUTE, 'minuto', 'minutos'],
      [SECOND, 'segundo', 'segundos'],
    ],
    every: (interval) => `A cada ${interval}`,
    once: (when) => `Uma vez, em ${when}`,
    never: 'Nunca mais',
    from: (when) => `a partir de ${when}`,
    until: (when) => `até ${when}`,
  },
};

/** When it comes round, as a person would say it. `zone`: whose clocks dates are told by. */
export function sentenceOf(timing: Timing, zone: string, locale: SentenceLocale, nowMs: number): string {
  const words = WORDS[locale];
  const date = (atMs: number) => dateIn(zone, locale, atMs);
  const { startsMs, endsMs } = timing;
  const parts = [rhythmOf(timing, words, date)];
  if (startsMs !== undefined && startsMs > nowMs) parts.push(words.from(date(startsMs)));
  if (endsMs !== undefined) parts.push(words.until(date(endsMs)));
  const sentence = `${parts.join(', ')} (${zone})`;
  return nextAfter(timing, nowMs) === undefined ? `${words.never}: ${sentence}` : sentence;
}

// The package is CommonJS: depending on who loads it, its class is the default export or the exports object, and both can do this.
const inWords = (pattern: string, options: { locale: string; use24HourTimeFormat: boolean }): string =>
  (cronstrue as unknown as { toString(pattern: string, options: object): string }).toString(pattern, options);

function rhythmOf(timing: Timing, words: Words, date: (atMs: number) => string): string {
  switch (timing.kind) {
    case 'interval':
      return words.every(intervalInWords(timing.everyMs, words));
    case 'cron':
      return inWords(timing.pattern, { locale: words.cronstrue, use24HourTimeFormat: true });
    case 'once':
      return words.once(date(timing.atMs));
  }
}

/** In the largest units that leave nothing over: `90` seconds are `1 minute 30 seconds`; `5 minutes`; `hour`. */
function intervalInWords(everyMs: number, { units }: Words): string {
  let rest = everyMs;
  const parts: [number, string][] = [];
  for (const [ms, one, many] of units) {
    const count = Math.floor(rest / ms);
    rest -= count * ms;
    if (count > 0) parts.push([count, count === 1 ? one : many]);
  }
  if (parts.length === 1 && parts[0]?.[0] === 1) return parts[0][1];
  return parts.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

function dateIn(zone: string, locale: SentenceLocale, atMs: number): string {
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    timeZone: zone,
    dateStyle: 'long',
    timeStyle: atMs % MINUTE === 0 ? 'short' : 'medium',
  }).format(atMs);
}

/** By the clock of the zone, with its offset at that moment: `2026-03-29T02:00:00+01:00`. */
export function localTime(zone: string, atMs: number): string {
  const offset = offsetMs(zone, atMs);
  const minutes = Math.round(Math.abs(offset) / MINUTE);
  const digits = (value: number) => String(value).padStart(2, '0');
  const sign = offset < 0 ? '-' : '+';
  return `${new Date(atMs + offset).toISOString().slice(0, 19)}${sign}${digits(Math.floor(minutes / 60))}:${digits(minutes % 60)}`;
}
