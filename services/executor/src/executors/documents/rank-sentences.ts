import { contentWords, type Language, wordsOf } from './words.ts';

/** One sentence as a bag of weighted words. */
export interface RankedSentence {
  /** Place in the text, from 0. */
  readonly index: number;
  readonly text: string;
  readonly words: number;
  /** tf × isf of each content word, scaled to length 1. */
  readonly vector: ReadonlyMap<string, number>;
  /** How much of the text speaks of the same as this one; the best has 1. */
  readonly score: number;
}

/** Comparing every pair is quadratic: longer texts are first reduced to the sentences nearest to their centroid. */
const MAX_SENTENCES = 400;
const DAMPING = 0.85;
const MAX_ITERATIONS = 50;
const CONVERGED = 1e-5;
/** What the first sentence gains over one far behind: writers, of news and of reports alike, say the main thing early. */
const LEAD_BONUS = 0.3;

/**
 * Continuous LexRank (Erkan & Radev 2004, doi:10.1613/jair.1523): a sentence matters as far as sentences that matter are like
 * it, which is PageRank over the cosine similarities of their tf-isf vectors; times a bonus for coming early, and a malus for
 * being a fragment or endless.
 */
export function rankSentences(sentences: readonly string[], language: Language): RankedSentence[] {
  const bags = sentences.map((text) => {
    const words = wordsOf(text);
    return { text, words: words.length, counts: countsOf(contentWords(words, language)) };
  });
  const sentencesWith = new Map<string, number>();
  for (const { counts } of bags) {
    for (const word of counts.keys()) sentencesWith.set(word, (sentencesWith.get(word) ?? 0) + 1);
  }
  const vectors = bags.map(({ counts }) =>
    unit(counts, (word, tf) => tf * Math.log(1 + bags.length / (sentencesWith.get(word) ?? 1))),
  );
  const kept = nearestToCentroid(vectors);
  const centrality = pageRank(similarities(kept.map((index) => vectors[index] ?? new Map())));

  const scores = kept.map((index, at) => {
    const early = 1 + LEAD_BONUS * Math.exp((-5 * index) / sentences.length);
    return (centrality[at] ?? 0) * early * lengthFactor(bags[index]?.words ?? 0);
  });
  const highest = Math.max(...scores, Number.MIN_VALUE);
  return kept.map((index, at) => ({
    index,
    text: sentences[index] ?? '',
    words: bags[index]?.words ?? 0,
    vector: vectors[index] ?? new Map(),
    score: (scores[at] ?? 0) / highest,
  }));
}

/** Cosine of two unit vectors. */
export function similarity(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [word, weight] of small) sum += weight * (large.get(word) ?? 0);
  return sum;
}

export function countsOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function unit(counts: ReadonlyMap<string, number>, weigh: (word: string, tf: number) => number): Map<string, number> {
  const weighed = [...counts].map(([word, tf]): [string, number] => [word, weigh(word, tf)]);
  const length = Math.hypot(...weighed.map(([, weight]) => weight)) || 1;
  return new Map(weighed.map(([word, weight]) => [word, weight / length]));
}

/** Indices in the order of the text. */
function nearestToCentroid(vectors: readonly ReadonlyMap<string, number>[]): number[] {
  const all = vectors.map((_, index) => index);
  if (vectors.length <= MAX_SENTENCES) return all;
  const centroid = new Map<string, number>();
  for (const vector of vectors) {
    for (const [word, weight] of vector) centroid.set(word, (centroid.get(word) ?? 0) + weight);
  }
  const nearness = vectors.map((vector) => similarity(vector, centroid));
  return all
    .toSorted((a, b) => (nearness[b] ?? 0) - (nearness[a] ?? 0))
    .slice(0, MAX_SENTENCES)
    .toSorted((a, b) => a - b);
}

/** The likeness of every sentence to every other, none to itself. */
function similarities(vectors: readonly ReadonlyMap<string, number>[]): Float64Array[] {
  return vectors.map((a, row) => Float64Array.from(vectors, (b, column) => (row === column ? 0 : similarity(a, b))));
}

/** Power iteration. Each sentence hands its rank on to the others, shared out by likeness; one that is like none hands on nothing. */
function pageRank(rows: readonly Float64Array[]): Float64Array {
  const size = rows.length;
  const likeness = rows.map((row) => row.reduce((sum, value) => sum + value, 0));
  let rank: Float64Array = new Float64Array(size).fill(1 / size);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const handedOn = rank.map((value, from) => (DAMPING * value) / (likeness[from] || 1));
    // Likeness is the same both ways, so the row of the receiver holds what each giver gives it.
    const next = Float64Array.from(rows, (row) =>
      row.reduce((sum, value, from) => sum + value * (handedOn[from] ?? 0), (1 - DAMPING) / size),
    );
    const moved = next.reduce((sum, value, at) => sum + Math.abs(value - (rank[at] ?? 0)), 0);
    rank = next;
    if (moved < CONVERGED) break;
  }
  return rank;
}

/** Fragments say too little on their own, endless sentences are mostly tables and lists that ran together. */
function lengthFactor(words: number): number {
  if (words < 5) return 0.3;
  return words > 60 ? 60 / words : 1;
}
