import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeText } from './decode-text.ts';

it.each<[string, Buffer, string | undefined, boolean, string]>([
  ['the declared charset', Buffer.from('ação', 'latin1'), 'iso-8859-1', false, 'ação'],
  ['a mark over the declared charset', Buffer.from('\ufeffação', 'utf8'), 'iso-8859-1', false, 'ação'],
  ['UTF-16 by its mark', Buffer.from('\ufeffação', 'utf16le'), undefined, false, 'ação'],
  [
    'what HTML says of itself',
    Buffer.from('<meta charset="windows-1252">ação', 'latin1'),
    undefined,
    true,
    '<meta charset="windows-1252">ação',
  ],
  [
    'the older way to say it',
    Buffer.from('<META http-equiv=Content-Type content="text/html; charset=iso-8859-15">\u00a4', 'latin1'),
    undefined,
    true,
    '<META http-equiv=Content-Type content="text/html; charset=iso-8859-15">€',
  ],
  ['UTF-8 where nothing is said', Buffer.from('ação'), undefined, false, 'ação'],
  ['windows-1252 where it cannot be UTF-8', Buffer.from('ação \u0093x\u0094', 'latin1'), undefined, false, 'ação “x”'],
  ['UTF-8 where the charset is unknown', Buffer.from('ação'), 'klingon', false, 'ação'],
])('follows %s', (_name, bytes, charset, html, expected) => {
  expect(decodeText(bytes, charset, html)).toBe(expected);
});

it('decodes any bytes to something', () => {
  fc.assert(fc.property(fc.uint8Array(), fc.boolean(), (bytes, html) => typeof decodeText(bytes, undefined, html) === 'string'));
});
