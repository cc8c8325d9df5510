import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrubLine, scrubText } from './scrub.ts';

const SECRET = 'hunter2Hunter2XYZ';

describe('scrubText', () => {
  it.each([
    ['an API key', `key sk_live_${SECRET} used`],
    ['a test key in a path', `/v1/keys/sk_test_${SECRET}/rotate`],
    ['a webhook secret', `whsec_${SECRET}==`],
    ['a bearer header', `Authorization: Bearer ${SECRET}`],
    ['a basic header in lower case', `authorization: basic ${SECRET}==`],
    ['a password in a URL', `connect postgres://techno:${SECRET}@127.0.0.1:5432/techno failed`],
    ['a password without a user', `redis://:${SECRET}@host`],
    ['a JSON web token', `eyJhbGciOiJIUzI1NiJ9.${SECRET}.${SECRET}`],
    ['an assignment', `password=${SECRET}`],
    ['an assignment in JSON text', `{"token":"${SECRET}"}`],
    ['an assignment in JSON inside JSON', `{\\"api_key\\": \\"${SECRET}\\"}`],
    ['a header line', `x-api-key: ${SECRET}`],
    ['a query parameter', `GET /hook?secret=${SECRET}&a=1`],
  ])('hides %s', (_, text) => {
    expect(scrubText(text)).not.toContain(SECRET);
    expect(scrubText(text)).toContain('[redacted]');
  });

  it.each([
    'the key was rotated',
    'skip_live_check passed',
    'token bucket is empty',
    'GET http://127.0.0.1:8080/v1/process answered 200',
    'Basically fine',
    'tr_0123456789abcdef0123456789abcdef',
  ])('leaves %j alone', (text) => expect(scrubText(text)).toBe(text));

  it('is stable: what is scrubbed stays as it is', () => {
    const once = scrubText(`password=${SECRET} Bearer ${SECRET} sk_live_${SECRET}`);
    expect(scrubText(once)).toBe(once);
  });

  it('cuts what is too long for a log', () => {
    const text = scrubText('x'.repeat(20_000));
    expect(text).toHaveLength(16_384 + '…[3616 more]'.length);
  });

  it.each(['eyJ-', 'Bearer ', '://a:', 'sk_live_', 'password', 'token=', 'key'])(
    'takes %j many times in linear time',
    (piece) => {
      const started = performance.now();
      scrubText(piece.repeat(16_000 / piece.length));
      // A quadratic pattern takes seconds here.
      expect(performance.now() - started).toBeLessThan(500);
    },
  );
});

describe('scrubLine', () => {
  it('keeps JSON valid', () => {
    const fragment = fc.constantFrom(
      `sk_live_${SECRET}`,
      `Bearer ${SECRET}`,
      `://u:${SECRET}@`,
      'eyJabcdefghij.',
      '"',
      '\\',
      'x',
      '\n',
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string(),
          fc.array(fragment).map((parts) => parts.join('')),
        ),
        (value) => {
          const line = scrubLine(JSON.stringify(value));
          expect(() => JSON.parse(line)).not.toThrow();
        },
      ),
    );
  });
});
