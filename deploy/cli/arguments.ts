import { InvalidArgumentError } from 'commander';
import { readJson } from './json-file.ts';

/** `a, b` as its parts. */
export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

/** @throws InvalidArgumentError for what is no whole number */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}

/** JSON given outright, as `@FILE`, or as `-` for stdin. @throws StartupError FILE_UNREADABLE, FILE_NOT_JSON */
export async function jsonArgument(text: string): Promise<unknown> {
  if (text === '-') return readJson('-');
  if (text.startsWith('@')) return readJson(text.slice(1));
  return JSON.parse(text);
}
