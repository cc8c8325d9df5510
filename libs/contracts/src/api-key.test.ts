import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiKeyHint, type ApiKeyMode, hashApiKey, isWellFormedApiKey, newApiKey } from './api-key.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.split('');
const PREFIX = 'sk_live_'.length;
const mode = fc.constantFrom<ApiKeyMode>('live', 'test');
const key = mode.map((of) => newApiKey(of));

const replaced = (text: string, index: number, by: string) => text.slice(0, index) + by + text.slice(index + by.length);

describe('newApiKey', () => {
  it('makes keys of the documented form that are well-formed', () => {
    fc.assert(
      fc.property(mode, (of) => {
        const made = newApiKey(of);
        expect(made).toMatch(new RegExp(`^sk_${of}_[0-9A-Za-z]{38}$`));
        expect(isWellFormedApiKey(made)).toBe(true);
      }),
    );
  });

  it('makes no key twice and uses every digit at every place', () => {
    const keys = Array.from({ length: 2_000 }, () => newApiKey('live'));
    expect(new Set(keys).size).toBe(keys.length);
    for (let place = 0; place < 32; place++) expect(new Set(keys.map((made) => made[PREFIX + place])).size).toBe(62);
  });
});

describe('the checksum', () => {
  // A wrong key slips through once in 62^6, so in a run of thousands never.
  it('catches every substitution of one character', () => {
    const made = newApiKey('live');
    const accepted: string[] = [];
    for (let index = PREFIX; index < made.length; index++) {
      accepted.push(...BASE62.map((digit) => replaced(made, index, digit)).filter(isWellFormedApiKey));
    }
    // At each place the one digit that was there.
    expect(accepted).toEqual(Array(38).fill(made));
  });

  it('catches every transposition of two different characters', () => {
    const made = newApiKey('test');
    const swaps: string[] = [];
    for (let a = PREFIX; a < made.length; a++) {
      for (let b = a + 1; b < made.length; b++) swaps.push(replaced(replaced(made, a, made[b] ?? ''), b, made[a] ?? ''));
    }
    expect(swaps).toHaveLength((38 * 37) / 2);
    expect(swaps.filter((swap) => swap !== made && isWellFormedApiKey(swap))).toEqual([]);
  });

  it('catches both in any key', () => {
    fc.assert(
      fc.property(key, fc.nat(37), fc.nat(37), fc.constantFrom(...BASE62), (made, a, b, digit) => {
        const substituted = replaced(made, PREFIX + a, digit);
        if (substituted !== made) expect(isWellFormedApiKey(substituted)).toBe(false);
        const swapped = replaced(replaced(made, PREFIX + a, made[PREFIX + b] ?? ''), PREFIX + b, made[PREFIX + a] ?? '');
        if (swapped !== made) expect(isWellFormedApiKey(swapped)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('covers the mode', () => {
    expect(isWellFormedApiKey(newApiKey('live').replace('live', 'test'))).toBe(false);
  });

  it.each<[string, (made: string) => string]>([
    ['nothing', () => ''],
    ['one character less', (made) => made.slice(0, -1)],
    ['one more', (made) => `${made}0`],
    ['a line feed at the end', (made) => `${made}\n`],
    ['a blank before', (made) => ` ${made}`],
    ['another prefix', (made) => made.replace('sk_', 'pk_')],
    ['another mode', (made) => made.replace('live', 'demo')],
    ['a digit that is none', (made) => replaced(made, 20, '-')],
    ['an accent', (made) => replaced(made, 20, 'é')],
  ])('refuses %s', (_name, spoil) => {
    expect(isWellFormedApiKey(spoil(newApiKey('live')))).toBe(false);
  });
});

describe('hashApiKey', () => {
  const pepper = Buffer.alloc(32, 1);

  it('is HMAC-SHA256 in hex', () => {
    // printf sk_test_x | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…01
    expect(hashApiKey('sk_test_x', pepper)).toBe('921ad5d28fb10dd41b120d98f412d96537a844fef34e13def5769d9f02f9c12e');
  });

  it('depends on the key and on the pepper, and holds nothing of the key', () => {
    const [one, two] = [newApiKey('live'), newApiKey('live')];
    expect(hashApiKey(one, pepper)).not.toBe(hashApiKey(two, pepper));
    expect(hashApiKey(one, pepper)).not.toBe(hashApiKey(one, Buffer.alloc(32, 2)));
    expect(hashApiKey(one, pepper)).not.toContain(one.slice(PREFIX, PREFIX + 8));
  });
});

describe('apiKeyHint', () => {
  it('shows mode and four characters, of 38', () => {
    const made = newApiKey('live');
    expect(apiKeyHint(made)).toBe(`${made.slice(0, 12)}…`);
    expect(made.slice(0, 12)).toMatch(/^sk_live_.{4}$/);
  });
});
