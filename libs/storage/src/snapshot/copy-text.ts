/** What COPY writes for characters that would end a value (PostgreSQL manual, «COPY», Text Format). */
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The values of one row in the text format of COPY; null is `\N`. */
export function parseCopyLine(line: string): (string | null)[] {
  return line.split('\t').map((value) => (value === '\\N' ? null : unescaped(value)));
}

function unescaped(value: string): string {
  return value.includes('\\') ? value.replaceAll(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char) : value;
}

/**
 * Reads rows out of what comes in pieces, the first line being the names of the columns. `take` is given each row's values by
 * column; '' for null and for columns that are not there.
 */
export function copyRecords(take: (value: (column: string) => string) => void): (chunk: Buffer) => void {
  const lines = lineSplitter();
  let columns: (string | null)[] | undefined;
  return (chunk) => {
    for (const line of lines(chunk)) {
      const values = parseCopyLine(line);
      if (columns === undefined) {
        columns = values;
        continue;
      }
      const names = columns;
      take((column) => values[names.indexOf(column)] ?? '');
    }
  };
}

/** Whole lines, without their line feeds. What is not ended yet is kept. */
function lineSplitter(): (chunk: Buffer) => string[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const end = chunk.lastIndexOf(10);
    if (end === -1) {
      rest = Buffer.concat([rest, chunk]);
      return [];
    }
    const lines = Buffer.concat([rest, chunk.subarray(0, end)])
      .toString('utf8')
      .split('\n');
    rest = Buffer.from(chunk.subarray(end + 1));
    return lines;
  };
}
