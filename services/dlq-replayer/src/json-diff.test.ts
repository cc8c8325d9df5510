import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonDiff } from './json-diff.ts';

it.each([
  [{ a: 1 }, { a: 2 }, [{ path: '/a', before: 1, after: 2 }]],
  [{ a: 1 }, {}, [{ path: '/a', before: 1 }]],
  [{}, { b: null }, [{ path: '/b', after: null }]],
  [[1, 2], [1], [{ path: '/1', before: 2 }]],
  [{ a: [1] }, { a: { 0: 1 } }, [{ path: '/a', before: [1], after: { 0: 1 } }]],
  ['x', { a: 1 }, [{ path: '', before: 'x', after: { a: 1 } }]],
  [{ 'a/b': { '~c': 1 } }, { 'a/b': { '~c': 2 } }, [{ path: '/a~1b/~0c', before: 1, after: 2 }]],
])('%j → %j', (before, after, expected) => {
  expect(jsonDiff(before, after)).toEqual(expected);
});

it('is empty exactly where both say the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
      expect(jsonDiff(before, structuredClone(before))).toEqual([]);
      const same = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
      if (same) return;
      expect(jsonDiff(before, after)).not.toEqual([]);
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, sorted(part)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
