import { readFileSync } from 'node:fs';

/** The texts of a file of `corpus/`, one per line, escapes resolved. Lines that begin with `# family:` or `# about:` are none. */
export function readCorpus(file: string): string[] {
  return readFileSync(new URL(`../corpus/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !/^# (?:family|about):/.test(line))
    .map((line) => line.replace(ESCAPE, resolved));
}

const ESCAPE = /\\u\{([0-9a-fA-F]{1,6})\}|\\u([0-9a-fA-F]{4})|\\n|\\\\/g;

function resolved(escape: string, long?: string, short?: string): string {
  if (escape === '\\n') return '\n';
  if (escape === '\\\\') return '\\';
  return String.fromCodePoint(Number.parseInt(long ?? short ?? '', 16));
}
