import { countsOf } from './rank-sentences.ts';
import { contentWords, type Language, wordsOf } from './words.ts';

/** The words that make up what a text is about. */
const TOP_WORDS = 30;
/** Without stop words the ranking is led by words that mean nothing. */
const UNKNOWN_LANGUAGE_FACTOR = 0.75;

/**
 * How far an extract can be trusted to stand for its text, 0…1 with two decimals:
 *
 *     √(covered × prose) × (1, or 0.75 where the language is unknown)
 *
 * `covered` is the share of the text's 30 most frequent content words, by frequency, that the chosen sentences hold; `prose` is
 * the share of characters in sentences of four words or more that end like one, which is low for tables, menus and debris.
 */
export function extractConfidence(facts: { covered: number; sentences: readonly string[]; language: Language }): number {
  const factor = facts.language === 'und' ? UNKNOWN_LANGUAGE_FACTOR : 1;
  return rounded(Math.sqrt(facts.covered * proseShare(facts.sentences)) * factor);
}

/**
 * How far an answer of a model is grounded in the text, 0…1 with two decimals: the share of its distinct content words that
 * occur in the text. What the model says of its own confidence is not asked for: it is as untrusted as the rest.
 */
export function groundedConfidence(answer: string, text: string, language: Language): number {
  const said = new Set(contentWords(wordsOf(answer), language));
  const given = new Set(wordsOf(text));
  if (said.size === 0) return 0;
  return rounded([...said].filter((word) => given.has(word)).length / said.size);
}

/** The share of the most frequent words of a text, by frequency, that are among `present`. */
export function coveredShare(words: readonly string[], present: ReadonlySet<string>): number {
  const top = [...countsOf(words)].toSorted(([, a], [, b]) => b - a).slice(0, TOP_WORDS);
  const mass = top.reduce((sum, [, count]) => sum + count, 0);
  if (mass === 0) return 0;
  return top.reduce((sum, [word, count]) => sum + (present.has(word) ? count : 0), 0) / mass;
}

function proseShare(sentences: readonly string[]): number {
  let all = 0;
  let prose = 0;
  for (const sentence of sentences) {
    all += sentence.length;
    if (/[.!?…:]["'”’»)\]]*$/u.test(sentence) && wordsOf(sentence).length >= 4) prose += sentence.length;
  }
  return all === 0 ? 0 : prose / all;
}

function rounded(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 100) / 100;
}
