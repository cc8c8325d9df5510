/**
 * Secrets that can be told by their look, wherever they stand. No pattern matches across a quote or a backslash, so the same
 * table is safe on a finished JSON line. Each is linear in the length of the text: none can start again inside its own match.
 */
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  [/(?<![A-Za-z0-9])(sk_(?:live|test)_|whsec_)[A-Za-z0-9+/=_-]+/g, '$1[redacted]'],
  [/\b(Bearer|Basic) {1,4}[A-Za-z0-9._~+/=-]{4,}/gi, '$1 [redacted]'],
  [/:\/\/[^\s/:@"\\]*:[^\s/@"\\]+@/g, '://[redacted]@'],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, '[redacted]'],
];

/** What one of them has to hold. Looking for a fixed text costs a tenth of any pattern, and says no for almost every line. */
const SIGNS = ['sk_live_', 'sk_test_', 'whsec_', '://', 'eyJ'];
const SCHEME = /(?:bearer|basic)$/i;
const LONGEST_SCHEME = 'bearer'.length;

function mayHoldCredential(text: string): boolean {
  if (SIGNS.some((sign) => text.includes(sign))) return true;
  // A scheme ends at a space, and lines hold few of those.
  for (let space = text.indexOf(' '); space !== -1; space = text.indexOf(' ', space + 1))
    if (SCHEME.test(text.slice(Math.max(0, space - LONGEST_SCHEME), space))) return true;
  return false;
}

/** `password=…`, `"token": "…"` inside prose. Not for finished JSON: it would eat a `null`. */
const ASSIGNMENT =
  /((?:password|passwd|passphrase|secret|token|api[-_]?key|authorization|cookie|private[-_]?key)\\?["']?\s{0,4}[=:]\s{0,4}\\?["']?)(?!\[redacted\])[^\s"'\\,;&}]+/gi;
const ANY_ASSIGNMENT = /(?:passw|passphrase|secret|token|key|authorization|cookie)[^=:]{0,6}[=:]/i;

/** Longer strings are cut: a log is no place for a document, and the patterns stay cheap. */
const MAX_LENGTH = 16_384;

/** `text` without anything that looks like a credential. For a string on its own. */
export function scrubText(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…[${text.length - MAX_LENGTH} more]` : text;
  const scrubbed = scrubLine(cut);
  return ANY_ASSIGNMENT.test(scrubbed) ? scrubbed.replace(ASSIGNMENT, '$1[redacted]') : scrubbed;
}

/** The same for a finished JSON line, which stays valid JSON. */
export function scrubLine(line: string): string {
  if (!mayHoldCredential(line)) return line;
  return CREDENTIALS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}
