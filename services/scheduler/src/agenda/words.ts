/** Times and dates as the reader writes them. A locale that nobody knows is read as English. */
export interface Words {
  /** `14:30` or `2:30 PM`. */
  time(atMs: number): string;
  /** `Saturday, 21 November`, or as the locale has it. */
  date(atMs: number): string;
}

const KEPT = 1_000;
const kept = new Map<string, Words>();

export function wordsFor(locale: string, zone: string): Words {
  const key = `${locale} ${zone}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const time = formatOf(locale, { timeZone: zone, timeStyle: 'short' });
  const date = formatOf(locale, { timeZone: zone, weekday: 'long', day: 'numeric', month: 'long' });
  // Some locales put a narrow space where not every phone has one.
  const plain = (text: string) => text.replaceAll(/[\u202f\u00a0]/g, ' ');
  const words: Words = { time: (atMs) => plain(time.format(atMs)), date: (atMs) => plain(date.format(atMs)) };
  if (kept.size >= KEPT) kept.clear();
  kept.set(key, words);
  return words;
}

function formatOf(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, options);
  } catch {
    return new Intl.DateTimeFormat('en', options);
  }
}
