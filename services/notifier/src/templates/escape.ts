/** Control characters except the line feed and the tab, and those that turn the direction of text. */
// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** A value as text of a message. */
export function plainValue(value: unknown): string {
  return textOf(value).replaceAll('\r\n', '\n').replaceAll(INVISIBLE, '');
}

/** A value in HTML: nothing in it is markup. */
export function htmlValue(value: unknown): string {
  return plainValue(value).replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const LOOKALIKES: Readonly<Record<string, string>> = {
  '*': '\u2217',
  _: '\uff3f',
  '~': '\u223c',
  '`': '\u02cb',
  '>': '\u203a',
  '-': '\u2010',
};
const lookalikes = (characters: string) => characters.replaceAll(/[*_~>-]/g, (character) => LOOKALIKES[character] ?? character);

/**
 * A value in a WhatsApp message. Its markup (`*bold*`, `_italic_`, `~struck~`, code, quotes, lists) only counts at the edge of a word
 * or the start of a line: there the characters are exchanged for ones that look alike, so that names and links stay as they are.
 */
export function whatsappValue(value: unknown): string {
  return plainValue(value)
    .replaceAll('`', '\u02cb')
    .replaceAll(/(^|[^\p{L}\p{N}/_~*])([*_~]+)/gu, (_all, before: string, marks: string) => before + lookalikes(marks))
    .replaceAll(/([*_~]+)(?![\p{L}\p{N}/_~*])/gu, (marks) => lookalikes(marks))
    .replaceAll(/^(\s*)([>*-])(?=\s|$|>)/gmu, (_all, before: string, mark: string) => before + lookalikes(mark))
    .replaceAll(/^>/gmu, '\u203a');
}

/** One line, as a header bears it. */
export function headerValue(text: string): string {
  return text
    .replaceAll(/[\r\n\u0085\u2028\u2029]+/g, ' ')
    .replaceAll(INVISIBLE, '')
    .trim();
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
