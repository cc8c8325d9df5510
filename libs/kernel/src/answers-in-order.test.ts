import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answersInOrder } from './answers-in-order.ts';

it('believes each answer that no later question’s has overtaken, in whatever order they come', () => {
  const orders = fc
    .integer({ min: 1, max: 8 })
    .chain((questions) => fc.shuffledSubarray([...Array(questions).keys()], { minLength: questions }));
  fc.assert(
    fc.property(orders, (order) => {
      const answers = answersInOrder();
      const isNews = order.map(() => answers.asked());
      let newest = -1;
      for (const question of order) {
        expect(isNews[question]?.()).toBe(question > newest);
        newest = Math.max(newest, question);
      }
    }),
  );
});
