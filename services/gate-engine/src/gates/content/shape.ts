/**
 * One way of speaking to a model. `over` says which spelling it reads: `words` (see wordsOf) or `markup` (folded, with its
 * punctuation). A shape is tried only where one of its cues occurs:
 * the beginning of a word that no match can do without, or with a `*` before it, any part of one.
 * Quantifiers are bounded, all of them, so that a shape's time is linear in the text: a test holds this.
 */
export interface Shape {
  readonly name: string;
  readonly over: 'words' | 'markup';
  readonly cues: readonly string[];
  readonly pattern: RegExp;
}

/** A shape over words; `source` starts at the beginning of a word. */
export function wordShape(name: string, cues: readonly string[], source: string): Shape {
  return { name, over: 'words', cues, pattern: new RegExp(`(?<![a-z0-9])(?:${source})`) };
}

export function markupShape(name: string, cues: readonly string[], pattern: RegExp): Shape {
  return { name, over: 'markup', cues, pattern };
}

/** Up to `most` words of any kind, within one sentence. */
export function gap(most: number): string {
  return `(?:[a-z0-9]{1,20} ){0,${most}}`;
}

/** The same, also over the ends of sentences. */
export function stretch(most: number): string {
  return `(?:(?:[a-z0-9]{1,20}|\\.) ){0,${most}}`;
}

/** Ends a word. */
export const END = '(?![a-z0-9])';
