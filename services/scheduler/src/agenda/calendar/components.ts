import { TerminalError } from '@techno/kernel';

/** An event, to-do or time zone of a file, as its lines: unfolded, without what is nested in it (alarms). */
export interface RawComponent {
  readonly name: 'VEVENT' | 'VTODO' | 'VTIMEZONE';
  /** Where it begins in the file, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

export interface RawCalendar {
  readonly items: readonly RawComponent[];
  readonly zones: readonly RawComponent[];
  /** Properties of the calendar itself, as `NAME` → value; without parameters. */
  readonly properties: ReadonlyMap<string, string>;
}

/** Events and to-dos of one file. */
export const MOST_ITEMS = 2_000;

/**
 * Takes a file apart, so that one bad item does not spoil the others. Throws TerminalError CALENDAR_INVALID that names the line,
 * CALENDAR_TOO_LARGE.
 */
export function componentsOf(text: string): RawCalendar {
  const items: RawComponent[] = [];
  const zones: RawComponent[] = [];
  const properties = new Map<string, string>();
  const open: string[] = [];
  let current: { name: RawComponent['name']; line: number; lines: string[] } | undefined;

  for (const { line, content } of logicalLines(text)) {
    const [, mark = '', named = ''] = /^(BEGIN|END):\s*([\w-]+)\s*$/i.exec(content) ?? [];
    const name = named.toUpperCase();
    if (mark.toUpperCase() === 'BEGIN') {
      if (open.length === 0 && name !== 'VCALENDAR') throw invalid(line, `BEGIN:${name} outside of a VCALENDAR`);
      if (open.length >= 8) throw invalid(line, 'components lie too deep in each other');
      open.push(name);
      if (open.length === 2 && isTaken(name)) current = { name, line, lines: [] };
      else if (current?.name === 'VTIMEZONE') current.lines.push(content);
    } else if (mark.toUpperCase() === 'END') {
      if (open.pop() !== name) throw invalid(line, `END:${name} does not end what began last`);
      if (current === undefined) continue;
      if (open.length > 1) {
        if (current.name === 'VTIMEZONE') current.lines.push(content);
      } else {
        (current.name === 'VTIMEZONE' ? zones : items).push(current);
        current = undefined;
        if (items.length > MOST_ITEMS)
          throw new TerminalError('CALENDAR_TOO_LARGE', `the file holds more than ${MOST_ITEMS} events and to-dos`);
      }
    } else if (open.length === 0) {
      throw invalid(line, 'something stands outside of a VCALENDAR');
    } else if (open.length === 1) {
      const [, property = '', value = ''] = /^([\w-]+):(.*)$/.exec(content) ?? [];
      if (property !== '') properties.set(property.toUpperCase(), value.trim());
    } else if (current !== undefined && (open.length === 2 || current.name === 'VTIMEZONE')) current.lines.push(content);
  }
  if (open.length > 0) throw invalid(undefined, `${open.at(-1) ?? ''} does not end`);
  if (items.length === 0) throw invalid(undefined, 'it holds neither an event nor a to-do');
  return { items, zones, properties };
}

function isTaken(name: string): name is RawComponent['name'] {
  return name === 'VEVENT' || name === 'VTODO' || name === 'VTIMEZONE';
}

/** Lines as they are meant: one that begins with a space goes on with the one before. */
function* logicalLines(text: string): Generator<{ line: number; content: string }> {
  let parts: string[] = [];
  let began = 0;
  let line = 0;
  for (const physical of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    line++;
    if (/^[ \t]/.test(physical) && parts.length > 0) {
      parts.push(physical.slice(1));
      continue;
    }
    const content = parts.join('');
    if (content.trim() !== '') yield { line: began, content };
    parts = [physical];
    began = line;
  }
  const content = parts.join('');
  if (content.trim() !== '') yield { line: began, content };
}

function invalid(line: number | undefined, why: string): TerminalError {
  return new TerminalError('CALENDAR_INVALID', `${line === undefined ? '' : `line ${line}: `}${why}`);
}
