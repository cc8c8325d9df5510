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

const LEET_WORD = /(?<![a-z0-9@$])(?=[a-z0-9@$]{0,24}[a-z])(?=[a-z0-9@$]{0,24}[0134578@$])[a-z0-9@$]{2,24}/g;
const MIXED = /[a-z][0134578@$]|[0134578@$][a-z]/;
const LEET: Record<string, string> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b', '@': 'a', $: 's' };

/** `1gn0r3` as `ignore`. Undefined where no word mixes letters and digits. */
export function unleeted(text: string): string | undefined {
  if (!MIXED.test(text)) return undefined;
  const plain = text.replace(LEET_WORD, (word) => word.replace(/[0134578@$]/g, (digit) => LEET[digit] ?? digit));
  return plain === text ? undefined : plain;
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
