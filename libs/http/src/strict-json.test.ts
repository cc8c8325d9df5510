import { errorCode } from '@techno/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { findFault } from './strict-json-fault.ts';
import { PayloadError, parseStrictJson } from './strict-json.ts';

function refused(input: Uint8Array | string): PayloadError {
  try {
    parseStrictJson(input);
  } catch (error) {
    if (error instanceof PayloadError) return error;
    throw error;
  }
  throw new Error(`accepted: ${String(input)}`);
}

describe('refuses', () => {
  test.each([
    ['nothing', '', 0, 'the JSON ends too early'],
    ['only space', ' \n', 2, 'the JSON ends too early'],
    ['an unfinished object', '{"a":1', 6, 'the JSON ends too early'],
    ['an unfinished string', '{"a":"b', 7, 'the JSON ends too early'],
    ['a string that ends in a backslash', '"\\', 1, 'not valid JSON'],
    ['a trailing comma', '{"a":1,}', 7, 'not valid JSON'],
    ['two values', '{} {}', 3, 'not valid JSON'],
    ['a byte order mark', '\u{feff}{}', 0, 'not valid JSON'],
    ['a bare word', 'NaN', 0, 'not valid JSON'],
    ['a leading zero', '[01]', 2, 'not valid JSON'],
    ['a control character in a string', '"a\u0001"', 2, 'not valid JSON'],
    ['a bad escape', '"\\x41"', 1, 'not valid JSON'],
    ['a duplicate key', '{"a":1,"b":2,"a":3}', 13, 'duplicate key'],
    ['a duplicate key written with an escape', '{"a":1,"\\u0061":3}', 7, 'duplicate key'],
    ['a duplicate key deep inside', '[{"x":[{"k":1,"k":1}]}]', 14, 'duplicate key'],
    ['a duplicate beside a string full of colons', '{"a":"::{","a":1}', 11, 'duplicate key'],
    ['__proto__', '{"__proto__":{"admin":true}}', 1, 'the key __proto__ is not allowed'],
    ['__proto__ deep inside', '{"a":[{"__proto__":1}]}', 7, 'the key __proto__ is not allowed'],
    ['__proto__ written with escapes', '{"\\u005f_proto__":1}', 1, 'the key __proto__ is not allowed'],
    ['constructor.prototype', '{"constructor":{"prototype":{}}}', 1, 'the key constructor.prototype is not allowed'],
    ['a number beyond doubles', '{"n":1e999}', 5, 'a number is too large'],
    ['a negative number beyond doubles', '[-1e999]', 1, 'a number is too large'],
    ['a lone high surrogate', '{"a":"\\ud800"}', 5, 'a string holds a lone surrogate'],
    ['a lone low surrogate in a key', '{"\\udc00":1}', 1, 'a string holds a lone surrogate'],
    ['a raw lone surrogate in a string given as text', '"\ud800"', 0, 'a string holds a lone surrogate'],
  ])('%s', (_what, text, position, detail) => {
    expect(refused(text)).toMatchObject({ code: 'PAYLOAD_INVALID', position, detail });
  });

  test('invalid UTF-8, overlong forms and encoded surrogates', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xe2, 0x82],
    ]) {
      expect(refused(Uint8Array.from(bytes)).detail).toBe('the body is not valid UTF-8');
    }
  });

  test('nesting beyond the limit, by limit + 1 and by a million, with the same code', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseStrictJson(nested(64))).toHaveLength(1);
    expect(refused(nested(65))).toMatchObject({ code: 'PAYLOAD_TOO_DEEP', position: 64 });
    expect(refused('{"a":'.repeat(500_000))).toMatchObject({ code: 'PAYLOAD_TOO_DEEP', position: 320 });
    expect(() => parseStrictJson('[[1]]', { maxDepth: 1 })).toThrow('nested deeper than 1 levels');
  });

  test('without ever quoting the text', () => {
    const error = refused('{"secret":"hunter2" hunter2}');
    expect(JSON.stringify(error) + error.message).not.toContain('hunter2');
  });
});

describe('accepts', () => {
  test.each([
    '{"constructor":"acme"}',
    '{"constructor":{"name":1},"prototype":2}',
    '{"a":{"a":{"a":1}}}',
    '[1e308,-0,1.5e-9]',
    '"\\ud83d\\ude00"',
  ])('%s', (text) => expect(parseStrictJson(Buffer.from(text))).toEqual(JSON.parse(text)));

  test('colons, braces and escaped quotes inside strings count for nothing', () => {
    const value = { 'a:{[': 'x:"}]\\"', b: ['\\', '\\"', ':::', { c: '\u2028' }] };
    expect(parseStrictJson(JSON.stringify(value))).toEqual(value);
  });
});

test('property: what JSON.stringify wrote of well-formed values comes back as it was, from text and from bytes', () => {
  const wellFormed = fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 6 });
  fc.assert(
    fc.property(wellFormed, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      if (findFault(text, 64) !== undefined) return; // fast-check may pick `__proto__` as a key
      expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      expect(parseStrictJson(Buffer.from(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('property: on any text, the fast reading refuses exactly what the slow reading faults, with its code and position', () => {
  const soup = fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '"b"',
        '"__proto__"',
        '"\\ud800"',
        '1',
        '1e999',
        'null',
        ' ',
        '"',
        '\\',
      ),
      {
        maxLength: 14,
      },
    )
    .map((parts) => parts.join(''));
  const members = fc
    .array(
      fc.tuple(
        fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__'),
        fc.constantFrom('1', '{"prototype":1}', '[[[]]]', '-1e400'),
      ),
    )
    .map((pairs) => `{${pairs.map(([key, value]) => `"${key}":${value}`).join(',')}}`);
  fc.assert(
    fc.property(fc.oneof(soup, members, fc.string()), (text) => {
      const fault = findFault(text, 3);
      let thrown: unknown;
      try {
        parseStrictJson(text, { maxDepth: 3 });
      } catch (error) {
        thrown = error;
      }
      if (fault === undefined) expect(thrown).toBeUndefined();
      else expect(thrown).toMatchObject(fault);
    }),
    { numRuns: 2000 },
  );
});

test('property: it accepts nothing that JSON.parse refuses', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseStrictJson(text);
      } catch (error) {
        expect(errorCode(error)).toMatch(/^PAYLOAD_/);
        return;
      }
      expect(() => JSON.parse(text)).not.toThrow();
    }),
  );
});
