/** One difference between two JSON documents. `path` is a JSON Pointer (RFC 6901); an absent side was not there. */
export interface Difference {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What was changed, place by place; empty where the documents say the same. Lists are compared element by element. */
export function jsonDiff(before: unknown, after: unknown, path = ''): Difference[] {
  if (Object.is(before, after)) return [];
  if (isContainer(before) && isContainer(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => {
      const place = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (!Object.hasOwn(after, key)) return [{ path: place, before: before[key] }];
      if (!Object.hasOwn(before, key)) return [{ path: place, after: after[key] }];
      return jsonDiff(before[key], after[key], place);
    });
  }
  return [{ path, before, after }];
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
