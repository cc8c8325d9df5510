import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unsafeCharacter } from './unsafe-characters.ts';

describe('refuses', () => {
  it.each<[string, string, string]>([
    ['NUL', 'a\0b', 'U+0000'],
    ['escape', '\u001b[31m', 'U+001B'],
    ['vertical tab', 'a\vb', 'U+000B'],
    ['DEL', 'a\u007f', 'U+007F'],
    ['C1', 'a\u0085b', 'U+0085'],
    ['a lone high surrogate', 'a\ud83d', 'U+D83D'],
    ['a lone low surrogate', '\ude00a', 'U+DE00'],
    ['a noncharacter', 'a\uffff', 'U+FFFF'],
    ['right-to-left override', 'a\u202eb', 'U+202E'],
    ['right-to-left override in Hebrew', 'שלום\u202e', 'U+202E'],
    ['embedding', '\u202aa\u202c', 'U+202A'],
    ['isolate', '\u2066a\u2069', 'U+2066'],
    ['direction mark in Latin text', 'a\u200fb', 'U+200F'],
    ['two direction marks', 'ש\u200f\u200f', 'U+200F'],
    ['zero-width space', 'ig\u200bnore', 'U+200B'],
    ['zero-width space in a run of Thai', 'ส\u200b\u200bว', 'U+200B'],
    ['non-joiner in Latin', 'a\u200cb', 'U+200C'],
    ['two non-joiners in Persian', 'می\u200c\u200cخواهم', 'U+200C'],
    ['joiner in Latin', 'a\u200db', 'U+200D'],
    ['joiner after an emoji, before a letter', '\u{1f600}\u200da', 'U+200D'],
    ['joiner at the end', '\u{1f600}\u200d', 'U+200D'],
    ['word joiner', 'a\u2060b', 'U+2060'],
    ['invisible times', 'a\u2062b', 'U+2062'],
    ['byte order mark inside', 'a\ufeffb', 'U+FEFF'],
    ['soft hyphens in a run', 'a\u00ad\u00adb', 'U+00AD'],
    ['soft hyphen at an edge', '\u00ada', 'U+00AD'],
    ['grapheme joiner', 'a\u034fb', 'U+034F'],
    ['Hangul filler', 'a\u3164b', 'U+3164'],
    ['tags', 'hello\u{e0069}\u{e0067}', 'U+E0069'],
    ['tags after a flag that is none', '\u{1f3f4}\u{e0061}\u{e0062}\u{e007f}', 'U+E0061'],
    ['bytes in variation selectors', '\u{1f600}\u{e0101}\u{e0132}', 'U+E0101'],
    ['two variation selectors', '\u2764\ufe0f\ufe0f', 'U+FE0F'],
    ['a variation selector on a letter', 'a\ufe0f', 'U+FE0F'],
    ['a variation selector on a digit without keycap', '1\ufe0f2', 'U+FE0F'],
    ['interlinear annotation', 'a\ufff9b', 'U+FFF9'],
  ])('%s', (_name, text, character) => {
    expect(unsafeCharacter(text)).toBe(character);
  });

  it('every control character but tab and line ends, wherever it stands', () => {
    const control = fc
      .integer({ min: 0, max: 0x9f })
      .filter((code) => (code < 0x20 || code > 0x7e) && ![9, 10, 13].includes(code));
    fc.assert(
      fc.property(fc.string(), control, fc.string(), (before, code, after) => {
        expect(unsafeCharacter(before.replace(/\p{C}/gu, '') + String.fromCharCode(code) + after)).toBeDefined();
      }),
    );
  });

  it('every tag character outside a flag', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0xe0000, max: 0xe007f }), (code) => {
        expect(unsafeCharacter(`hi ${String.fromCodePoint(code)}`)).toBeDefined();
      }),
    );
  });
});

describe('lets pass', () => {
  it.each<[string, string]>([
    ['ASCII', 'Hello,\tworld\r\n'],
    ['accents', 'São Paulo, naïve, 20 €, “quoted” — yes'],
    ['Chinese, Japanese, Korean', '今天 会議 회의'],
    ['Cyrillic and Greek', 'Привет Σήμερα'],
    ['Arabic', 'اجتماعنا غدا'],
    ['Hebrew with a direction mark', 'מחיר 100\u200f שקל'],
    ['Persian with non-joiners', 'می\u200cخواهم کتاب\u200cها'],
    ['Hindi with a joiner', 'क्\u200dष'],
    ['Sinhala with a joiner', 'ශ්\u200dරී'],
    ['Thai with word breaks', 'สวัสดี\u200bชาวโลก'],
    ['a family', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'],
    ['a skin tone with a profession', '\u{1f469}\u{1f3fd}\u200d\u{1f4bb}'],
    ['a rainbow flag', '\u{1f3f3}\ufe0f\u200d\u{1f308}'],
    ['a heart', '\u2764\ufe0f'],
    ['text style', '\u2714\ufe0e'],
    ['keycaps', '1\ufe0f\u20e3 #\ufe0f\u20e3'],
    ['a national flag', '\u{1f1e7}\u{1f1f7}'],
    ['the flag of Scotland', '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
    ['an ideographic variant', '葛\u{e0100}城'],
    ['a hyphenated word', 'Donau\u00addampf\u00adschiff'],
    ['a byte order mark at the start', '\ufeffname;age'],
    ['private use (icon fonts)', '\ue001'],
  ])('%s', (_name, text) => {
    expect(unsafeCharacter(text)).toBeUndefined();
  });

  it('all printable ASCII', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => unsafeCharacter(text) === undefined));
  });
});
