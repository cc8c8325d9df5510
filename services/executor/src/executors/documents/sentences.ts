/** English and Portuguese, without their full stop. After these a sentence goes on whatever comes next: titles, and «for example». */
const ALWAYS_GOES_ON = new Set(
  (
    'mr mrs ms dr prof rev gen sen rep gov capt col lt sgt st mt vs cf e.g i.e viz approx ' +
    'sr sra srs dra profa eng arq exmo exma ilmo ilma av p.ex'
  ).split(' '),
);
/** After these only before a number: `No. 5`, `art. 37`, `set. 2024`. Most are words that end sentences too. */
const GOES_ON_BEFORE_NUMBER = new Set(
  (
    'no nos fig figs eq eqs sec secs ch chap vol vols p pp ed ca est n nº num núm pág págs art arts inc inciso cap tel obs ' +
    'jan feb fev mar apr abr may mai jun jul aug ago sep sept set oct out nov dec dez'
  ).split(' '),
);
const LAST_WORD = /(?:^|[\s(["'“‘«])([\p{L}.º]+)\.["'”’»)\]]*\s*$/u;

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/**
 * The sentences of a text, in order, white space collapsed. A blank line always ends one; within a block the boundaries are
 * Unicode's (UAX #29), taken back after an abbreviation, after an initial, and before a lower-case letter.
 */
export function sentencesOf(text: string): string[] {
  return text.split(/\n\s*\n/).flatMap((block) => {
    const line = block.replace(/\s+/g, ' ').trim();
    return line === '' ? [] : sentencesOfBlock(line);
  });
}

function sentencesOfBlock(block: string): string[] {
  const sentences: string[] = [];
  let open = '';
  for (const { segment } of segmenter.segment(block)) {
    if (open !== '' && !goesOn(open, segment)) {
      sentences.push(open.trim());
      open = '';
    }
    open += segment;
  }
  if (open.trim() !== '') sentences.push(open.trim());
  return sentences;
}

function goesOn(before: string, after: string): boolean {
  if (/^\p{Ll}/u.test(after)) return true;
  const word = LAST_WORD.exec(before)?.[1];
  if (word === undefined) return false;
  // `J.` of a name; a sentence may well end in `I.`
  if (/^\p{Lu}$/u.test(word)) return word !== 'I';
  const abbreviation = word.toLowerCase();
  return ALWAYS_GOES_ON.has(abbreviation) || (GOES_ON_BEFORE_NUMBER.has(abbreviation) && /^[\d§]/.test(after));
}
