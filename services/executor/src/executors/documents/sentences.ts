/** Abbreviations after which a sentence goes on, English and Portuguese, without their full stop. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof rev gen sen rep gov capt col lt sgt st jr sr inc ltd co corp dept univ assn bros ' +
    'vs etc cf al ca approx est fig figs eq eqs sec secs ch chap vol vols no nos pp p ed eds trans ' +
    'e.g i.e a.m p.m u.s u.k u.n ph.d b.sc m.sc jan feb mar apr jun jul aug sep sept oct nov dec ' +
    'sra dra profa eng arq exmo exma ilmo av r pç cap art arts inc inciso n nº num pág págs tel ltda cia s.a ' +
    'ex p.ex obs ref séc fev abr mai ago set out dez núm par'
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
  return ABBREVIATIONS.has(word.toLowerCase());
}
