import { TerminalError } from '@techno/kernel';

/**
 * A column of a batch as one parameter, read back by `columnOf`. In a list of texts every quote and backslash has to be
 * escaped here and read there; this is one join and one split. Nulls stay nulls.
 *
 * For texts without control characters: JSON (which escapes them), times, ids and hashes of our own. Never for what a caller
 * chose. Throws TerminalError STORE_REFUSED where a text would end up in two rows.
 */
export function column(values: readonly (string | null | undefined)[]): string {
  for (const value of values) {
    if (value && (value.includes(SEPARATOR) || value.includes(NULL))) {
      throw new TerminalError('STORE_REFUSED', 'a control character in a text that can have none');
    }
  }
  return values.map((value) => value ?? NULL).join(SEPARATOR);
}

const SEPARATOR = '\x1e';
const NULL = '\x1d';

/** The SQL that reads parameter `n` as a list of one text for each row. */
export function columnOf(n: number): string {
  // Of nothing at all `string_to_array` makes no row, of which there is always at least one.
  return `coalesce(nullif(string_to_array($${n}::text, E'\\x1e', E'\\x1d'), '{}'), '{""}')`;
}
