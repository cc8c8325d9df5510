/** `not-json`: a number too large for JSON's readers (`1e999`), or what no JSON parser makes. */
export type JsonFault = 'too-deep' | 'forbidden-key' | 'not-json';

/**
 * The first thing wrong with a value as JSON, or undefined. `value` itself is level 1. Walks with its own stack, so
 * that no depth of nesting can exhaust ours, and stops at the first level too many.
 */
export function jsonFault(value: object, maxDepth: number): JsonFault | undefined {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return 'too-deep';
    const below: object[] = [];
    for (const container of level) {
      const fault = Array.isArray(container) ? itemsFault(container, below) : membersFault(container, below);
      if (fault !== undefined) return fault;
    }
    level = below;
  }
  return undefined;
}

function itemsFault(items: readonly unknown[], below: object[]): JsonFault | undefined {
  for (const item of items) {
    if (isContainer(item)) below.push(item);
    else if (!isJsonScalar(item)) return 'not-json';
  }
  return undefined;
}

function membersFault(container: object, below: object[]): JsonFault | undefined {
  for (const [key, item] of Object.entries(container)) {
    // An own `__proto__` becomes a prototype the first time somebody assigns it.
    if (key === '__proto__') return 'forbidden-key';
    if (isContainer(item)) below.push(item);
    else if (!isJsonScalar(item)) return 'not-json';
  }
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isJsonScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value);
}
