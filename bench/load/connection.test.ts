import { describe, expect, it } from 'vitest';
import { faultOf } from './connection.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{"status":"COMPLETED"}';

describe('faultOf', () => {
  it('finds a whole good answer good, and no part of it', () => {
    for (let length = 0; length < GOOD.length; length++) {
      expect(faultOf(GOOD.slice(0, length), '"COMPLETED"')).toBe('incomplete');
    }
    expect(faultOf(GOOD, '"COMPLETED"')).toBeUndefined();
  });

  it.each([
    ['another status', GOOD.replace('200', '202'), /^status 202: \{"status"/],
    ['another body', GOOD.replace('COMPLETED', 'DISCARDED'), /^unexpected answer: \{/],
    [
      'an expected word outside the body',
      GOOD.replace('OK', '"COMPLETED"').replace('"COMPLETED"}', '"DISCARDED"}'),
      /^unexpected/,
    ],
    ['no length', GOOD.replace('Content-Length', 'X'), /^unreadable/],
  ])('finds fault with %s', (_, text, fault) => expect(faultOf(text, '"COMPLETED"')).toMatch(fault));
});
