/**
 * One plain spelling for the many in which a sentence can be written. Every step is linear in the length of the text.
 */
const ASCII = /^[\x00-\x7f]*$/; // oxlint-disable-line no-control-regex
const MARKS_AND_IGNORABLES = /[\p{M}\p{Default_Ignorable_Code_Point}]/gu;

// Cyrillic, Greek, Armenian and small-capital letters that read as Latin ones (Unicode TR39, the common ones).
const LOOKALIKES = new Map(
  Object.entries({
    a: 'аαᴀɑ', b: 'ьвβʙ', c: 'сϲᴄ', d: 'ԁᴅ', e: 'еεᴇєҽ', f: 'ꜰғ', g: 'ɡɢց', h: 'һнʜ', i: 'іιɪıӏ', j: 'јᴊϳ', k: 'кκᴋ', l: 'ʟⅼ',
    m: 'мᴍ', n: 'пηɴո', o: 'оοᴏσօ', p: 'рρᴘ', q: 'ԛ', r: 'гʀ', s: 'ѕꜱ', t: 'тτᴛ', u: 'υᴜս', v: 'ѵνᴠ', w: 'ѡᴡԝω', x: 'хχ', y: 'уγʏү', z: 'ᴢ',
  }).flatMap(([latin, alike]) => Array.from(alike, (letter): [string, string] => [letter, latin])),
); // prettier-ignore
const LOOKALIKE = new RegExp(`[${[...LOOKALIKES.keys()].join('')}]`, 'gu');
// Negative circled and squared capitals (🅐, 🅰) have no compatibility form.
const BOXED = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}]/gu;

/** Compatibility forms, case, accents, invisible characters and lookalikes folded away: `Ｉgnоre` reads `ignore`. */
export function folded(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .replace(MARKS_AND_IGNORABLES, '')
    .replace(BOXED, unboxed)
    .toLowerCase()
    .replace(LOOKALIKE, (letter) => LOOKALIKES.get(letter) ?? letter)
    .replace(/[‘’ʼ]/g, "'");
}

function unboxed(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  return String.fromCharCode(0x61 + ((code - (code < 0x1f170 ? 0x1f150 : 0x1f170)) % 26));
}

const SPACED_RUN = /(?<![a-z0-9])[a-z0-9](?:[ ._*|-][a-z0-9](?![a-z0-9])){2,60}/g;

/** `i g n o r e` and `i.g.n.o.r.e` as `ignore`. Undefined where nothing is spaced so. */
export function unspaced(text: string): string | undefined {
  const joined = text.replace(SPACED_RUN, (run) => run.replace(/[^a-z0-9]/g, ''));
  return joined === text ? undefined : joined;
}

const LEET: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b', '@': 'a', $: 's' };
const LETTER = 1;
const STAND_IN = 2;
const OTHER_DIGIT = 4;
/** What a code unit is within a word; 0: no part of one. */
const KINDS = Uint8Array.from({ length: 128 }, (_none, code) => {
  const unit = String.fromCharCode(code);
  if (unit in LEET) return STAND_IN;
  return /[a-z]/.test(unit) ? LETTER : /\d/.test(unit) ? OTHER_DIGIT : 0;
});
/** Of longer words only the beginning is read. */
const LONGEST_WORD = 24;

/** `1gn0r3` as `ignore`. Undefined where no word mixes letters and what stands in for them. */
export function unleeted(text: string): string | undefined {
  let plain = '';
  let copied = 0;
  let start = 0;
  let kinds = 0;
  for (let at = 0; at <= text.length; at++) {
    const kind = at < text.length ? (KINDS[text.charCodeAt(at)] ?? 0) : 0;
    if (kind !== 0) {
      if (kinds === 0) start = at;
      if (at - start < LONGEST_WORD) kinds |= kind;
      continue;
    }
    if ((kinds & (LETTER | STAND_IN)) === (LETTER | STAND_IN)) {
      const end = Math.min(at, start + LONGEST_WORD);
      plain += text.slice(copied, start) + text.slice(start, end).replace(/[0134578@$]/g, (unit) => LEET[unit] ?? unit);
      copied = end;
    }
    kinds = 0;
  }
  return copied === 0 ? undefined : plain + text.slice(copied);
}

/** Where one string of a payload ends and the next begins. No shape reaches across it. */
export const BETWEEN_STRINGS = '\x1e';

/**
 * The words alone, one space apart, with ` . ` where a sentence or a paragraph ends: what the shapes are written over.
 * `Don't_ignore: **this**` becomes `. dont ignore . this . `.
 */
export function wordsOf(text: string): string {
  const bare = text
    .replace(/['`]/g, '')
    .replace(/[.!?;:](?=\s|$)|\n\s{0,8}\n|>/g, '\x1f')
    .replace(/[^a-z0-9\x1e\x1f]+/g, ' ') // oxlint-disable-line no-control-regex
    .replace(/ ?\x1f[\x1f ]*/g, ' . ') // oxlint-disable-line no-control-regex
    .replaceAll(BETWEEN_STRINGS, ` ${BETWEEN_STRINGS} . `);
  return `. ${bare.trim()} . `;
}
