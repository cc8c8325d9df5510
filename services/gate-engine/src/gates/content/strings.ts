/** Every string of a payload, keys included. Walks with its own stack, so that no depth of nesting can exhaust ours. */
export function payloadStrings(payload: unknown): string[] {
  const strings: string[] = [];
  const open: unknown[] = [payload];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') strings.push(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        strings.push(key);
        open.push(item);
      }
    }
  }
  return strings;
}
