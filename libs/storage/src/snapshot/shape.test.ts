import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inOrder } from './shape.ts';

test('everything follows what it refers to', () => {
  // A table refers only to those before it in some hidden order: never in a circle.
  const tables = fc
    .uniqueArray(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 1, maxLength: 8 })
    .chain((names) =>
      fc
        .tuple(...names.map((_, index) => fc.subarray(names.slice(0, index))))
        .map((references) => names.map((name, index) => ({ name, refersTo: references[index] ?? [] }))),
    )
    .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));
  fc.assert(
    fc.property(tables, (list) => {
      const sorted = inOrder(list);
      expect(sorted.map(({ name }) => name).sort()).toEqual(list.map(({ name }) => name).sort());
      sorted.forEach(({ refersTo }, index) => {
        const before = sorted.slice(0, index).map(({ name }) => name);
        expect(refersTo.filter((name) => !before.includes(name))).toEqual([]);
      });
    }),
  );
});

test('a circle is named', () => {
  const circle = [
    { name: 'a', refersTo: ['b'] },
    { name: 'b', refersTo: ['a'] },
  ];
  expect(() => inOrder(circle)).toThrow('circle: a, b');
});
