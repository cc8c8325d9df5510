import type { Shape } from './shape.ts';

/**
 * Finds, in one pass over a folded text, the shapes that have a cue in it. A search for each cue, or one great alternation
 * of them all, would cost more than the shapes themselves.
 */
export function cueFinder(shapes: readonly Shape[]): (text: string) => Shape[] {
  const parts: Cue[] = [];
  /** Cues of words, by their first two letters. */
  const starts: (Cue[] | undefined)[] = Array.from({ length: 128 * 128 }, () => undefined);
  for (const [index, { cues }] of shapes.entries()) {
    for (const cue of cues) {
      if (cue.startsWith('*')) parts.push({ text: cue.slice(1), index });
      else (starts[key(cue, 0)] ??= []).push({ text: cue, index });
    }
  }
  return (text) => {
    const found = new Set<number>();
    for (const cue of parts) if (text.includes(cue.text)) found.add(cue.index);
    let inWord = false;
    for (let at = 0; at < text.length; at++) {
      const wasInWord = inWord;
      inWord = isWordUnit(text.charCodeAt(at));
      if (!inWord || wasInWord) continue;
      const candidates = starts[key(text, at)];
      if (candidates === undefined) continue;
      for (const cue of candidates) if (text.startsWith(cue.text, at)) found.add(cue.index);
    }
    return shapes.filter((_shape, index) => found.has(index));
  };
}

interface Cue {
  readonly text: string;
  readonly index: number;
}

/** Of two code units; every cue has at least two, all of them ASCII. */
function key(text: string, at: number): number {
  return (text.charCodeAt(at) & 0x7f) * 128 + (text.charCodeAt(at + 1) & 0x7f);
}

function isWordUnit(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
}
