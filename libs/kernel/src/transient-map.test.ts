import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TransientMap } from './transient-map.ts';

const key = fc.integer({ min: 0, max: 9 });
const step = fc.oneof(
  fc.record({ what: fc.constant('set' as const), key, value: fc.integer() }),
  fc.record({ what: fc.constant('delete' as const), key }),
);

it('holds what a Map would hold, in the same order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const [map, model] = [new TransientMap<number, number>(), new Map<number, number>()];
      for (const one of steps) {
        if (one.what === 'delete') expect(map.delete(one.key)).toBe(model.delete(one.key));
        else {
          map.set(one.key, one.value);
          model.set(one.key, one.value);
        }
        expect([map.size, map.has(one.key), map.get(one.key)]).toEqual([model.size, model.has(one.key), model.get(one.key)]);
      }
      expect([...map.values()]).toEqual([...model.values()]);
    }),
  );
});

it('may be emptied while it is gone through', () => {
  const map = new TransientMap<string, string>();
  for (const name of ['a', 'b', 'c']) map.set(name, name);
  const seen: string[] = [];
  for (const value of map.values()) {
    seen.push(value);
    for (const name of ['a', 'b']) map.delete(name);
  }
  expect(seen).toEqual(['a', 'c']);
});

it('keeps what stays while thousands come and go, also what is gone through at that time', () => {
  const map = new TransientMap<number, string>();
  map.set(-1, 'first');
  map.set(-2, 'second');
  map.set(-3, 'third');
  const staying = map.values();
  expect(staying.next().value).toBe('first');
  for (let count = 0; count < 5_000; count++) {
    map.set(count, 'passing');
    if (count >= 20) map.delete(count - 20);
  }
  map.delete(-2);
  expect([...staying]).toEqual(['third']);
  expect([map.size, map.get(-1), map.get(-2), map.get(4_999), map.get(4_979)]).toEqual([
    22,
    'first',
    undefined,
    'passing',
    undefined,
  ]);
  expect([...map.values()].slice(0, 3)).toEqual(['first', 'third', 'passing']);
});
