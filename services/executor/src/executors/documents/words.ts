import stopword from 'stopword';

export type Language = 'en' | 'pt' | 'es' | 'fr' | 'de' | 'und';

const STOP_WORDS: Readonly<Record<Exclude<Language, 'und'>, ReadonlySet<string>>> = {
  en: new Set(stopword.eng),
  pt: new Set(stopword.por),
  es: new Set(stopword.spa),
  fr: new Set(stopword.fra),
  de: new Set(stopword.deu),
};
const NONE: ReadonlySet<string> = new Set();

/** Below this share of stop words a text is a list, code, or another language. Running text has a third or more. */
const LEAST_SHARE = 0.15;
/** Enough to tell one language from another. */
const SAMPLE_WORDS = 5_000;

/** The words of a text in lower case, numbers left out. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\p{L}[\p{L}\p{M}\p{N}'’]*(-\p{L}[\p{L}\p{M}\p{N}]*)*/gu) ?? [];
}

/** The language whose stop words are the most frequent among the words; `und` where none stands out. */
export function languageOf(words: readonly string[]): Language {
  const sample = words.slice(0, SAMPLE_WORDS);
  let best: Language = 'und';
  let bestHits = LEAST_SHARE * Math.max(sample.length, 1);
  for (const [language, stopWords] of Object.entries(STOP_WORDS)) {
    const hits = sample.filter((word) => stopWords.has(word)).length;
    if (hits > bestHits) {
      best = language as Language;
      bestHits = hits;
    }
  }
  return best;
}

/** The words that carry meaning: no stop words, at least three letters. */
export function contentWords(words: readonly string[], language: Language): string[] {
  const stopWords = language === 'und' ? NONE : STOP_WORDS[language];
  return words.filter((word) => word.length >= 3 && !stopWords.has(word));
}
