import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyRecords, parseCopyLine } from './copy-text.ts';

/** As the manual of PostgreSQL has it («COPY», Text Format). */
const written = (value: string | null): string =>
  value === null
    ? '\\N'
    : value
        .replaceAll('\\', '\\\\')
        .replaceAll('\b', '\\b')
        .replaceAll('\f', '\\f')
        .replaceAll('\n', '\\n')
        .replaceAll('\r', '\\r')
        .replaceAll('\t', '\\t')
        .replaceAll('\v', '\\v');

const value = fc.option(fc.oneof(fc.string(), fc.stringMatching(/^[\\\t\n\r\f\vNx]{0,6}$/)), { nil: null });

test('a line says what was written', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), (values) => {
      expect(parseCopyLine(values.map(written).join('\t'))).toEqual(values);
    }),
  );
});

test('rows are read by column, in whatever pieces they come', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (rows, size) => {
      const text = Buffer.from([['a', 'b'], ...rows].map((row) => `${row.map(written).join('\t')}\n`).join(''));
      const seen: [string, string, string][] = [];
      const read = copyRecords((column) => seen.push([column('b'), column('a'), column('none')]));
      for (let at = 0; at < text.length; at += size) read(text.subarray(at, at + size));
      expect(seen).toEqual(rows.map(([a, b]) => [b ?? '', a ?? '', '']));
    }),
  );
});
