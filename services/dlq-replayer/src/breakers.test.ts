import { policyDocument } from '@techno/contracts';
import { expect, it } from 'vitest';
import { breakersOf, createBreakerBoard } from './breakers.ts';

const open = { payload: {}, result: {}, executors: ['x'] };
const policy = policyDocument.parse({
  version: 1,
  contexts: ['*'],
  roles: {},
  upstreams: { shop: { baseUrl: 'https://shop.example' } },
  actions: {
    order: { ...open, http: { upstream: 'shop', method: 'POST', path: '/' } },
    ask: { ...open, llm: { instructions: 'x' } },
    both: {
      ...open,
      composite: {
        steps: [
          { id: 'a', action: 'order', payload: {} },
          { id: 'b', action: 'ask', payload: {} },
        ],
      },
    },
    echo: open,
  },
});

it.each([
  ['order', ['upstream:shop']],
  ['ask', ['llm']],
  ['both', ['upstream:shop', 'llm']],
  ['echo', []],
  ['constructor', []],
])('%s goes through %j', (action, breakers) => {
  expect(breakersOf(action, policy)).toEqual(breakers);
});

it('holds an action while something it needs is open, and no longer', () => {
  const board = createBreakerBoard();
  const news = (state: string, until: number) =>
    board.hear({ breaker: 'upstream:shop', state, open_until: new Date(until).toISOString() });
  expect(board.openUntil('order', policy, 0)).toBeUndefined();
  news('open', 5_000);
  expect(board.openUntil('both', policy, 4_999)).toBe(5_000);
  expect(board.openUntil('ask', policy, 0)).toBeUndefined();
  expect(board.openUntil('order', policy, 5_000)).toBeUndefined();
  news('closed', 9_000);
  expect(board.openUntil('order', policy, 0)).toBeUndefined();
});

it('what is no news changes nothing', () => {
  const board = createBreakerBoard();
  for (const news of ['', {}, { breaker: 'upstream:shop', state: 'ajar' }, null]) board.hear(news);
  expect(board.openUntil('order', policy, 0)).toBeUndefined();
});
