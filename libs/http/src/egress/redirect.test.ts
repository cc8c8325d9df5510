import { describe, expect, test } from 'vitest';

import { type Hop, redirected } from './redirect.ts';

const hop = (method: string, url = 'https://a.example/x'): Hop => ({
  url: new URL(url),
  method,
  headers: {
    authorization: 'Bearer s',
    cookie: 'c=1',
    'x-api-key': 'k',
    accept: '*/*',
    'content-type': 'a/b',
    'idempotency-key': 'i',
  },
  body: method === 'GET' ? undefined : Buffer.from('body'),
});

describe('what a redirect makes of the method and the body', () => {
  test.each([
    ['POST', 301, 'GET'],
    ['POST', 302, 'GET'],
    ['POST', 303, 'GET'],
    ['POST', 307, 'POST'],
    ['POST', 308, 'POST'],
    ['PUT', 301, 'PUT'],
    ['PUT', 302, 'PUT'],
    ['PUT', 303, 'GET'],
    ['DELETE', 303, 'GET'],
    ['HEAD', 303, 'HEAD'],
    ['GET', 301, 'GET'],
  ])('%s %i → %s', (before, status, after) => {
    const next = redirected(hop(before), status, '/y');
    expect(next?.url.href).toBe('https://a.example/y');
    expect(next?.method).toBe(after);
    const repeats = before === after && before !== 'GET';
    expect(next?.body?.toString()).toBe(repeats ? 'body' : undefined);
    expect('content-type' in (next?.headers ?? {})).toBe(before === after);
  });

  test.each([200, 204, 300, 304, 305, 400])('%i is the answer itself', (status) => {
    expect(redirected(hop('GET'), status, '/y')).toBeUndefined();
  });

  test('without a Location the response is the answer', () => expect(redirected(hop('GET'), 302, undefined)).toBeUndefined());
});

describe('what another origin learns', () => {
  const names = (location: string) => Object.keys(redirected(hop('PUT'), 307, location)?.headers ?? {});

  test('the same origin gets every header', () => expect(names('/y')).toContain('authorization'));

  test.each(['https://b.example/', 'https://a.example:8443/', '//b.example/y', 'https://a.example.evil/'])(
    '%s gets no credential of any name',
    (location) => expect(names(location)).toEqual(['accept', 'content-type', 'idempotency-key']),
  );
});

test.each([
  ['from https to http', 'http://a.example/', 'EGRESS_REDIRECT_DOWNGRADE'],
  ['to a file', 'file:///etc/passwd', 'EGRESS_URL_INVALID'],
  ['to other protocols', 'gopher://a.example/', 'EGRESS_URL_INVALID'],
  ['to a URL with credentials', 'https://user:pw@a.example/', 'EGRESS_URL_INVALID'],
  ['to nonsense', 'https://[', 'EGRESS_URL_INVALID'],
])('refuses a redirect %s', (_what, location, code) => {
  expect(() => redirected(hop('GET'), 302, location)).toThrow(expect.objectContaining({ code }));
});
