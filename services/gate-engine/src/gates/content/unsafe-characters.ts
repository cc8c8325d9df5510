/**
 * Characters that a reader cannot see: what they hide reaches the machine and not the person. The rule is "refused unless
 * it has work to do where it stands", over Unicode's own list of ignorable characters, so that new ones are refused too.
 *
 * | character | allowed where |
 * |---|---|
 * | tab, line feed, carriage return | anywhere; every other control character (C0, DEL, C1) nowhere |
 * | U+200D joiner | inside an emoji sequence; after a letter or mark of a script that joins (Arabic, Persian, Indic) |
 * | U+200C non-joiner | after a letter or mark of such a script |
 * | U+200B zero-width space | beside a script written without spaces (Thai, Lao, Khmer, Myanmar) |
 * | U+200E, U+200F, U+061C direction marks | in a text that has right-to-left letters, one at a time |
 * | U+FE0E, U+FE0F | one, after an emoji; after a digit, `#` or `*` only in a keycap |
 * | U+FE00…FE0D, U+E0100…E01EF | one, after a Han, Mongolian, Phags-pa or Myanmar letter or a mathematical sign |
 * | U+E0020…E007F tags | only in the flags of England, Scotland and Wales |
 * | U+00AD soft hyphen | one, between two letters |
 * | U+FEFF byte order mark | as the first character |
 * | U+180B…180F | after a Mongolian letter |
 * | bidirectional embeddings, overrides, isolates; fillers; word joiner; invisible operators; noncharacters; lone surrogates | nowhere |
 */

// One pass of one character class decides for almost every text.
const PLAIN = /^[\t\n\r\x20-\x7e\u{a0}-\u{ac}\u{ae}-\u{2ff}\u{2010}-\u{2027}\u{2030}-\u{205e}]*$/u;
const HIDDEN = /(?![\t\n\r])[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Surrogate}\u{fff9}-\u{fffb}]/gu;

const JOINING =
  /[\p{Script_Extensions=Arabic}\p{Script_Extensions=Syriac}\p{Script_Extensions=Devanagari}\p{Script_Extensions=Bengali}\p{Script_Extensions=Gurmukhi}\p{Script_Extensions=Gujarati}\p{Script_Extensions=Oriya}\p{Script_Extensions=Tamil}\p{Script_Extensions=Telugu}\p{Script_Extensions=Kannada}\p{Script_Extensions=Malayalam}\p{Script_Extensions=Sinhala}\p{Script_Extensions=Khmer}\p{Script_Extensions=Myanmar}\p{Script_Extensions=Mongolian}]/u;
// Variation selectors are marks too, so "after a mark" must not mean "after another ignorable".
const LETTER_OR_MARK = /[\p{L}\p{M}]/u;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/u;
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const PICTOGRAPH = /\p{Extended_Pictographic}/u;
const EMOJI_END = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\u{fe0f}]/u;
const VARIED = /[\p{Script=Han}\p{Script=Mongolian}\p{Script=Phags_Pa}\p{Script=Myanmar}\p{Sm}]/u;
const MONGOLIAN = /\p{Script=Mongolian}/u;
const FLAGS =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/gu;

/** The first character that has no business in a text, as `U+202E`, or undefined. Linear in the length of the text. */
export function unsafeCharacter(text: string): string | undefined {
  if (PLAIN.test(text)) return undefined;
  const unflagged = text.includes('\u{1f3f4}') ? text.replace(FLAGS, '\u{1f3f4}') : text;
  const rightToLeft = RIGHT_TO_LEFT.test(unflagged);
  for (const { 0: character, index } of unflagged.matchAll(HIDDEN)) {
    const before = codePointBefore(unflagged, index);
    const after = codePointAt(unflagged, index + character.length);
    if (!hasWork(character, before, after, rightToLeft)) return name(character);
  }
  return undefined;
}

function hasWork(character: string, before: string, after: string, rightToLeft: boolean): boolean {
  const code = character.codePointAt(0) ?? 0;
  switch (code) {
    case 0xad:
      return /\p{L}/u.test(before) && /\p{L}/u.test(after);
    case 0x200b:
      return before !== character && (UNSPACED.test(before) || UNSPACED.test(after));
    case 0x200c:
      return joins(before);
    case 0x200d:
      return joins(before) || (EMOJI_END.test(before) && PICTOGRAPH.test(after));
    case 0x200e:
    case 0x200f:
    case 0x61c:
      return rightToLeft && !IGNORABLE.test(before);
    case 0xfe0e:
    case 0xfe0f:
      return /[0-9#*]/.test(before) ? after === '\u20e3' : /\p{Emoji}/u.test(before);
    case 0xfeff:
      return before === '';
    default:
      if ((code >= 0xfe00 && code <= 0xfe0d) || (code >= 0xe0100 && code <= 0xe01ef)) return VARIED.test(before);
      return code >= 0x180b && code <= 0x180f && MONGOLIAN.test(before) && !IGNORABLE.test(before);
  }
}

function joins(before: string): boolean {
  return LETTER_OR_MARK.test(before) && !IGNORABLE.test(before) && JOINING.test(before);
}

function codePointBefore(text: string, index: number): string {
  const low = text.charAt(index - 1);
  return /[\u{dc00}-\u{dfff}]/u.test(low) && index > 1 ? text.slice(index - 2, index) : low;
}

function codePointAt(text: string, index: number): string {
  const code = text.codePointAt(index);
  return code === undefined ? '' : String.fromCodePoint(code);
}

function name(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
