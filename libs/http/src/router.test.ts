import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { type Route, type RouteDefinition, defineRoute } from './route.ts';
import { createRouter } from './router.ts';

let made = 0;
const entry = (method: Route['method'], path: Route['path'], more: Partial<RouteDefinition> = {}) => {
  made += 1;
  const doc = { summary: 's', tags: [], security: 'none', responses: { 200: { description: 'd' } } } as const;
  const route = defineRoute({ ...doc, method, path, operationId: `o${made}`, handler: () => ({ status: 200 }), ...more });
  return { route, value: `${method} ${path}` };
};

const find = createRouter([
  entry('GET', '/'),
  entry('GET', '/a'),
  entry('POST', '/a'),
  entry('GET', '/a/{x}'),
  entry('GET', '/a/b'),
  entry('GET', '/a/b/c'),
  entry('PUT', '/a/{other}/d'),
  entry('GET', '/a/{x}/{y}/e'),
]);

describe('finds', () => {
  test.each([
    ['GET', '/', 'GET /', {}],
    ['GET', '/a', 'GET /a', {}],
    ['HEAD', '/a', 'GET /a', {}],
    ['POST', '/a', 'POST /a', {}],
    ['GET', '/a/b', 'GET /a/b', {}],
    ['GET', '/a/z', 'GET /a/{x}', { x: 'z' }],
    ['GET', '/a/%2F', 'GET /a/{x}', { x: '%2F' }],
    ['GET', '/a/__proto__', 'GET /a/{x}', { x: '__proto__' }],
    ['PUT', '/a/b/d', 'PUT /a/{other}/d', { other: 'b' }],
    ['GET', '/a/b/c/e', 'GET /a/{x}/{y}/e', { x: 'b', y: 'c' }],
  ])('%s %s → %s', (method, path, route, params) => expect(find(method, path)).toEqual({ route, params }));

  test.each(['/a/', '/a//', '//a', '/A', '/a/b/c/d/e', '/a/b/', '', 'a', '*', '/constructor'])('nothing at %j', (path) =>
    expect(find('GET', path)).toBeUndefined(),
  );

  test.each([
    ['/a', 'GET, HEAD, POST'],
    ['/a/b/d', 'PUT'],
  ])('what %s allows', (path, allow) => expect(find('PATCH', path)).toEqual({ allow }));
});

test('two routes of one method and shape do not start, nor two of one operationId', () => {
  expect(() => createRouter([entry('GET', '/a/{x}'), entry('GET', '/a/{y}')])).toThrow(
    expect.objectContaining({ code: 'ROUTE_DUPLICATE' }),
  );
  expect(() => createRouter([entry('GET', '/a', { operationId: 'o' }), entry('GET', '/b', { operationId: 'o' })])).toThrow(
    expect.objectContaining({ code: 'ROUTE_DUPLICATE' }),
  );
});

test.each<[string, () => unknown]>([
  ['a brace in the middle of a segment', () => entry('GET', '/a{x}')],
  ['a nameless parameter', () => entry('GET', '/a/{}')],
  ['a parameter twice', () => entry('GET', '/{x}/{x}')],
  [
    'a schema for other parameters',
    () => defineRoute({ ...entry('GET', '/{x}').route, params: z.object({ y: z.string() }) } as never),
  ],
  ['a GET with a raw body', () => entry('GET', '/a', { rawBody: true })],
  ['a header in capitals', () => defineRoute({ ...entry('GET', '/a').route, headers: z.object({ 'X-A': z.string() }) } as never)],
  ['no response', () => entry('GET', '/a', { responses: {} })],
])('%s is ROUTE_INVALID', (_what, define) => expect(define).toThrow(expect.objectContaining({ code: 'ROUTE_INVALID' })));
