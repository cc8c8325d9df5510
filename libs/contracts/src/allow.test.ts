import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AllowClaim, inputHash, parseAllowKeys, signAllow, verifyAllow } from './allow.ts';

const NOW = Date.parse('2026-11-21T00:00:00.000Z');
const KEYS = parseAllowKeys(`new:${'ab'.repeat(32)},old:${'cd'.repeat(32)}`);
const CLAIM: AllowClaim = {
  decisionId: 'dec_1',
  traceId: `tr_${'a'.repeat(32)}`,
  action: 'echo',
  inputHash: 'f'.repeat(64),
  principal: 'developer key_1',
  policyRevision: 3,
  executor: 'echo_executor_v1',
  expiresAt: '2026-11-21T00:05:00.000Z',
};
const FIELDS = Object.keys(CLAIM) as (keyof AllowClaim)[];
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const anyClaim = fc.record({
  decisionId: text,
  traceId: text,
  action: text,
  inputHash: text,
  principal: text,
  policyRevision: fc.nat(),
  executor: text,
  expiresAt: text,
});

describe('signAllow and verifyAllow', () => {
  it('agree on any claim that has not expired', () => {
    fc.assert(
      fc.property(anyClaim, (claim) => {
        const lasting = { ...claim, expiresAt: CLAIM.expiresAt };
        expect(verifyAllow(lasting, signAllow(lasting, KEYS), KEYS, NOW)).toBe('valid');
      }),
    );
  });

  it.each(FIELDS)('refuse a changed %s', (field) => {
    const signed = signAllow(CLAIM, KEYS);
    fc.assert(
      fc.property(text, (other) => {
        fc.pre(other !== String(CLAIM[field]));
        expect(verifyAllow({ ...CLAIM, [field]: other }, signed, KEYS, NOW)).toBe('bad_signature');
      }),
    );
  });

  it('bind where each field ends', () => {
    const separators = fc.string({ unit: fc.constantFrom('|', ':', '1', '2', 'a'), maxLength: 6 });
    const claim = fc.record(
      Object.fromEntries(FIELDS.map((field) => [field, separators])),
    ) as unknown as fc.Arbitrary<AllowClaim>;
    fc.assert(
      fc.property(claim, claim, (one, other) => {
        const same = FIELDS.every((field) => one[field] === other[field]);
        expect(signAllow(one, KEYS).signature === signAllow(other, KEYS).signature).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuse any signature with a character changed, cut or added', () => {
    const { keyId, signature } = signAllow(CLAIM, KEYS);
    // Of the last digit only four bits count.
    for (let index = 0; index < signature.length - 1; index++) {
      const other = signature[index] === 'A' ? 'B' : 'A';
      const changed = signature.slice(0, index) + other + signature.slice(index + 1);
      expect(verifyAllow(CLAIM, { keyId, signature: changed }, KEYS, NOW)).toBe('bad_signature');
    }
    for (const changed of ['', signature.slice(0, -2), `${signature}AA`, signature.toLowerCase()]) {
      expect(verifyAllow(CLAIM, { keyId, signature: changed }, KEYS, NOW)).toBe('bad_signature');
    }
  });

  it.each([
    ['a millisecond before', -1, 'valid'],
    ['at', 0, 'expired'],
    ['after', 1, 'expired'],
  ])('%s its expiry', (_name, offsetMs, verdict) => {
    const signed = signAllow(CLAIM, KEYS);
    expect(verifyAllow(CLAIM, signed, KEYS, Date.parse(CLAIM.expiresAt) + offsetMs)).toBe(verdict);
  });

  it('an expiry that is no time has passed', () => {
    const claim = { ...CLAIM, expiresAt: 'never' };
    expect(verifyAllow(claim, signAllow(claim, KEYS), KEYS, NOW)).toBe('expired');
  });

  it('a forged and expired one is forged: nothing unsigned is believed', () => {
    const signed = signAllow(CLAIM, KEYS);
    expect(verifyAllow({ ...CLAIM, action: 'pay' }, signed, KEYS, NOW + 3_600_000)).toBe('bad_signature');
  });
});

describe('rotation', () => {
  const before = parseAllowKeys(`old:${'cd'.repeat(32)}`);

  it('signs with the first key and accepts what the other signed', () => {
    expect(signAllow(CLAIM, KEYS).keyId).toBe('new');
    expect(verifyAllow(CLAIM, signAllow(CLAIM, before), KEYS, NOW)).toBe('valid');
  });

  it('does not know a key that is not there (yet, or any more)', () => {
    expect(verifyAllow(CLAIM, signAllow(CLAIM, KEYS), before, NOW)).toBe('unknown_key');
  });

  it('does not accept one key under the name of another', () => {
    const { signature } = signAllow(CLAIM, before);
    expect(verifyAllow(CLAIM, { keyId: 'new', signature }, KEYS, NOW)).toBe('bad_signature');
  });

  it('cannot sign with a key that is missing', () => {
    expect(() => signAllow(CLAIM, { current: 'gone', keys: KEYS.keys })).toThrow("'gone'");
  });
});

describe('parseAllowKeys', () => {
  it('reads keys in order, the first signs', () => {
    expect(KEYS.current).toBe('new');
    expect([...KEYS.keys]).toEqual([
      ['new', Buffer.alloc(32, 0xab)],
      ['old', Buffer.alloc(32, 0xcd)],
    ]);
  });

  const key = '5f'.repeat(32);
  it.each([
    ['nothing', ''],
    ['no id', `:${key}`],
    ['no key', 'a:'],
    ['a bare key', key],
    ['31 bytes', `a:${key.slice(2)}`],
    ['no hex', `a:${'x'.repeat(64)}`],
    ['a bad second key', `a:${key},b:00`],
    ['a trailing comma', `a:${key},`],
  ])('refuses %s without repeating the key', (_name, given) => {
    let thrown: unknown;
    try {
      parseAllowKeys(given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RangeError);
    expect((thrown as Error).message).not.toContain('5f5f');
  });
});

describe('inputHash', () => {
  const request = { action: 'echo', context_id: 'demo', payload: { a: 1 } };

  it('is the same on both sides of the wire', () => {
    fc.assert(
      fc.property(text, text, fc.jsonValue(), (action, context_id, payload) => {
        const sent = { action, context_id, payload };
        const received = JSON.parse(JSON.stringify(sent));
        expect(inputHash(received)).toBe(inputHash(JSON.parse(JSON.stringify(received))));
        expect(inputHash(received)).toMatch(/^[0-9a-f]{64}$/);
      }),
    );
  });

  it.each([
    ['action', { ...request, action: 'pay' }],
    ['context', { ...request, context_id: 'other' }],
    ['value', { ...request, payload: { a: 2 } }],
    ['type', { ...request, payload: { a: '1' } }],
    ['field', { ...request, payload: { a: 1, b: null } }],
    ['the border of action and context', { ...request, action: 'echod', context_id: 'emo' }],
  ])('differs with the %s', (_name, other) => {
    expect(inputHash(other)).not.toBe(inputHash(request));
  });
});
