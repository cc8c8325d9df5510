/** Whether one of a set of context patterns covers a context. */
export type ContextMatcher = (contextId: string) => boolean;

// A name that only a prefix covers was invented by the caller: nothing invisible or blank may hide in it.
const BLANK_OR_INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

/** Compiles patterns (`*`, `team-*`, or a name) so that exact names cost one lookup. */
export function contextMatcher(patterns: Iterable<string>): ContextMatcher {
  const names = new Set<string>();
  const prefixes: string[] = [];
  for (const pattern of patterns) {
    if (pattern.endsWith('*')) prefixes.push(pattern.slice(0, -1));
    else names.add(pattern);
  }
  return (contextId) =>
    names.has(contextId) || (prefixes.some((prefix) => contextId.startsWith(prefix)) && !BLANK_OR_INVISIBLE.test(contextId));
}
