import { createHash } from 'node:crypto';

/** What differs between two messages of the same cause, in the order in which it is masked: the wider form first. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'`<>)\]]+/gi, '<url>'],
  [/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\\n]|\\.)*`|«[^»\n]*»/g, '<text>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b(?:[a-z]{2,4}_)?[0-9a-f]{8,}\b/gi, '<id>'],
  [/\d+(?:[.,:]\d+)*/g, '<n>'],
];

/** The message of an error without what is particular to one occurrence. */
export function maskedMessage(message: string): string {
  let masked = message.slice(0, 2_000);
  for (const [pattern, mask] of MASKS) masked = masked.replace(pattern, mask);
  return masked.replaceAll(/\s+/g, ' ').trim().toLowerCase();
}

/** The same for every failure of one cause: who failed, with which code, saying what. 16 hex digits. */
export function errorSignature(error: { actor: string; code: string; message: string }): string {
  return createHash('sha256')
    .update(JSON.stringify([error.actor, error.code, maskedMessage(error.message)]))
    .digest('hex')
    .slice(0, 16);
}
