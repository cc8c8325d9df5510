import { describe, expect, it } from 'vitest';
import { hexDigests, hmacSha256, matchingSecret } from './matching-secret.ts';

const proof = (text: string) => Buffer.from(text);

describe('matchingSecret', () => {
  it.each<[string, (string | undefined)[], string[], number]>([
    ['nothing expected', [], ['aa'], -1],
    ['nothing given', ['aa'], [], -1],
    ['the second secret', ['aa', 'bb'], ['xx', 'bb'], 1],
    ['signed under both: the first', ['aa', 'bb'], ['bb', 'aa'], 0],
    ['unusable secrets keep their place', [undefined, 'bb'], ['bb'], 1],
    ['an unusable secret never matches', [undefined], ['', 'undefined'], -1],
    ['a part is no match', ['aabb'], ['aa', 'aabbcc', ''], -1],
  ])('%s', (_name, expected, given, index) => {
    const digests = expected.map((text) => (text === undefined ? undefined : proof(text)));
    expect(matchingSecret(digests, given.map(proof))).toBe(index);
  });
});

describe('hmacSha256', () => {
  it('gives the digest of RFC 4231, test case 2, however the message is cut', () => {
    const digest = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(hmacSha256('Jefe', 'what do ya want for nothing?').toString('hex')).toBe(digest);
    expect(hmacSha256('Jefe', 'what do ya ', Buffer.from('want for nothing?')).toString('hex')).toBe(digest);
  });
});

describe('hexDigests', () => {
  const hex = 'a0'.repeat(32);
  it('decodes whole digests and drops the rest', () => {
    expect(hexDigests([hex, hex.toUpperCase(), hex.slice(1), `${hex}a0`, `${hex}zz`, `${hex.slice(2)}zz`, ''])).toEqual([
      Buffer.alloc(32, 0xa0),
      Buffer.alloc(32, 0xa0),
    ]);
  });
});
