import { coveredShare, extractConfidence } from './confidence.ts';
import { type RankedSentence, rankSentences, similarity } from './rank-sentences.ts';
import { sentencesOf } from './sentences.ts';
import { contentWords, type Language, wordsOf } from './words.ts';

export interface Extract {
  readonly summary: string;
  /** The most telling first. */
  readonly keyPoints: readonly string[];
  /** 0…1, see `extractConfidence`. */
  readonly confidence: number;
}

const SUMMARY_SENTENCES = 3;
const LONGEST_SENTENCE_CHARS = 400;
/** How much being telling outweighs being new (Carbonell & Goldstein 1998 put 0.7 for summaries). */
const RELEVANCE_WEIGHT = 0.7;
/** From this cosine on a sentence is one that was already taken, boilerplate mostly. */
const SAME = 0.9;

/**
 * A summary made of the text's own sentences, without a model: ranked by LexRank, then taken one by one by maximal marginal
 * relevance (Carbonell & Goldstein 1998, doi:10.1145/290941.291025), so that no two say the same. The summary is the first
 * three, in the order of the text; the key points are the first `maxPoints`, in the order they were taken.
 */
export function extractSummary(text: string, language: Language, maxPoints: number): Extract {
  const sentences = sentencesOf(text);
  const ranked = rankSentences(sentences, language);
  const chosen = pickDiverse(ranked, Math.max(SUMMARY_SENTENCES, maxPoints));
  const inSummary = chosen.slice(0, SUMMARY_SENTENCES).toSorted((a, b) => a.index - b.index);
  const keyPoints = chosen.slice(0, maxPoints);
  const covered = coveredShare(
    contentWords(wordsOf(text), language),
    new Set(chosen.flatMap(({ vector }) => [...vector.keys()])),
  );
  return {
    summary: inSummary.map((sentence) => clipped(sentence.text)).join(' '),
    keyPoints: keyPoints.map((sentence) => clipped(sentence.text)),
    confidence: extractConfidence({ covered, sentences, language }),
  };
}

function pickDiverse(ranked: readonly RankedSentence[], count: number): RankedSentence[] {
  const chosen: RankedSentence[] = [];
  const candidates = new Set(ranked);
  while (chosen.length < count && candidates.size > 0) {
    let best: RankedSentence | undefined;
    let bestValue = -Infinity;
    for (const candidate of candidates) {
      const repeated = Math.max(0, ...chosen.map((other) => similarity(candidate.vector, other.vector)));
      if (repeated >= SAME) candidates.delete(candidate);
      const value = RELEVANCE_WEIGHT * candidate.score - (1 - RELEVANCE_WEIGHT) * repeated;
      if (repeated < SAME && value > bestValue) [best, bestValue] = [candidate, value];
    }
    if (best === undefined) break;
    chosen.push(best);
    candidates.delete(best);
  }
  return chosen;
}

function clipped(sentence: string): string {
  if (sentence.length <= LONGEST_SENTENCE_CHARS) return sentence;
  const cut = sentence.slice(0, LONGEST_SENTENCE_CHARS);
  // At a word's end, and never between the halves of a surrogate pair.
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), LONGEST_SENTENCE_CHARS / 2)).toWellFormed()}…`;
}
