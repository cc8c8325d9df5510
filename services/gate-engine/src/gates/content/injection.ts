import { cueFinder } from './cues.ts';
import { decodedTexts } from './decode.ts';
import { BETWEEN_STRINGS, folded, unleeted, unspaced, wordsOf } from './fold.ts';
import type { Shape } from './shape.ts';
import { authorityShapes } from './shapes-authority.ts';
import { instructionShapes } from './shapes-instructions.ts';
import { markupShapes } from './shapes-markup.ts';
import { portugueseSpanishShapes } from './shapes-portuguese-spanish.ts';
import { promptLeakShapes } from './shapes-prompt-leak.ts';
import { roleShapes } from './shapes-role.ts';
import { toolShapes } from './shapes-tools.ts';

/**
 * Every known shape of text that speaks to a model instead of to a person. A table of shapes stops what is copied and what
 * is close to it; a patient author finds words that are not in it. So it is one layer: what holds without it is that a
 * model's output is data, and that every action it proposes passes the gates again.
 */
export const shapes: readonly Shape[] = [
  ...instructionShapes,
  ...roleShapes,
  ...promptLeakShapes,
  ...toolShapes,
  ...authorityShapes,
  ...markupShapes,
  ...portugueseSpanishShapes,
];

const cuedShapes = cueFinder(shapes);
const SHORTEST = 8;

/**
 * The name of the first shape found in the strings of a payload, or undefined. Each string stands alone: an attack cut
 * into pieces that only a template joins again is not seen here. Linear in the length of the strings; a short text without
 * a cue costs one pass of folding and one search for cues.
 */
export function findInjection(strings: readonly string[]): string | undefined {
  const text = strings.length === 1 ? (strings[0] ?? '') : strings.join(BETWEEN_STRINGS);
  if (text.length < SHORTEST) return undefined;
  const found = findIn(folded(text));
  if (found !== undefined) return found;
  for (const decoded of decodedTexts(text)) {
    const name = findIn(folded(decoded));
    if (name !== undefined) return `encoded ${name}`;
  }
  return undefined;
}

function findIn(text: string): string | undefined {
  const found = match(text);
  if (found !== undefined) return found;
  const joined = unspaced(text);
  const name = joined === undefined ? undefined : (match(joined) ?? matchUnspaced(joined));
  if (name !== undefined) return name;
  const plain = unleeted(joined ?? text);
  return plain === undefined ? undefined : match(plain);
}

function match(text: string): string | undefined {
  let words: string | undefined;
  for (const { name, over, pattern } of cuedShapes(text)) {
    if (over === 'words') words ??= wordsOf(text);
    if (pattern.test(over === 'words' ? (words ?? '') : text)) return name;
  }
  return undefined;
}

// Where every letter stands alone, the spaces between the words are lost as well.
const RUN_TOGETHER =
  /(?:ignore|disregard|forget|override|bypass)(?:all|any|the|your|my|of|these|those){0,4}(?:previous|prior|above|earlier|system)?(?:instructions?|rules|prompts?|guidelines)/;

function matchUnspaced(text: string): string | undefined {
  return RUN_TOGETHER.test(text) ? 'spaced-letters' : undefined;
}
