import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPacer } from './pacing.ts';

it.each([
  [20, [200, 200, 200], [4, 4, 4]],
  [1, [200, 200, 600, 1_000], [0, 0, 1, 1]],
  [200, [10_000], [100]],
  [1_000, [0, 1], [0, 1]],
])('%i a second after waits of %j ms gives %j', (rate, waits, taken) => {
  const pacer = createPacer(rate, 0);
  let now = 0;
  expect(waits.map((wait) => pacer.take((now += wait)))).toEqual(taken);
});

it('never gives more than the rate over any time, and half a second saved', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.array(fc.nat(3_000), { minLength: 1 }), (rate, waits) => {
      const pacer = createPacer(rate, 0);
      let now = 0;
      let given = 0;
      for (const wait of waits) given += pacer.take((now += wait));
      expect(given).toBeLessThanOrEqual(Math.ceil((now * rate) / 1_000));
    }),
  );
});
