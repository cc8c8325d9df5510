import { randomBytes } from 'node:crypto';
import { TerminalError } from '@techno/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open, parseSecretsKeys, seal } from './secret-box.ts';

const hex = (byte: string) => byte.repeat(32);
const KEYS = parseSecretsKeys(`new:${hex('ab')},old:${hex('cd')}`);
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

function failure(sealed: string, keys = KEYS, context = 'stripe'): string {
  try {
    open(sealed, keys, context);
  } catch (error) {
    if (error instanceof TerminalError) return error.code;
    throw error;
  }
  return 'opened';
}

describe('seal and open', () => {
  it('give back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (secret, context) => {
        expect(open(seal(secret, KEYS, context), KEYS, context)).toBe(secret);
      }),
    );
  });

  it('name version and key, show nothing of the secret, and differ each time', () => {
    const sealed = seal(SECRET, KEYS, 'stripe');
    expect(sealed).toMatch(/^v1\.new\.[\w-]{16}\.[\w-]{22}\.[\w-]+$/);
    expect(Buffer.from(sealed.split('.')[4] ?? '', 'base64url').toString('latin1')).not.toContain('whsec');
    expect(seal(SECRET, KEYS, 'stripe')).not.toBe(sealed);
  });

  it('open under the key it was sealed with after that is no longer the first', () => {
    const before = parseSecretsKeys(`old:${hex('cd')}`);
    expect(open(seal(SECRET, before, 'stripe'), KEYS, 'stripe')).toBe(SECRET);
  });

  it('refuse another context', () => {
    expect(failure(seal(SECRET, KEYS, 'stripe'), KEYS, 'github')).toBe('SECRET_TAMPERED');
  });

  it('refuse another key of the same id', () => {
    expect(failure(seal(SECRET, KEYS, 'stripe'), parseSecretsKeys(`new:${hex('ef')}`))).toBe('SECRET_TAMPERED');
  });

  it('refuse a key that is not configured', () => {
    expect(failure(seal(SECRET, KEYS, 'stripe'), parseSecretsKeys(`newer:${hex('ab')}`))).toBe('SECRET_KEY_UNKNOWN');
  });

  it('bind the key id: relabelled it does not open, even where two ids have one key', () => {
    const twins = parseSecretsKeys(`a:${hex('ab')},b:${hex('ab')}`);
    expect(failure(seal(SECRET, twins, 'stripe').replace('v1.a.', 'v1.b.'), twins)).toBe('SECRET_TAMPERED');
  });

  it('refuse any one character changed, inserted or removed', () => {
    const sealed = seal(SECRET, KEYS, 'stripe');
    const character = fc.constantFrom(...'ABCxyz019-_.=+/ '.split(''));
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), character, fc.constantFrom('change', 'insert', 'remove'), (at, other, how) => {
        const changed = sealed.slice(0, at) + (how === 'remove' ? '' : other) + sealed.slice(how === 'insert' ? at : at + 1);
        fc.pre(changed !== sealed);
        expect(failure(changed)).toMatch(/^SECRET_(?:MALFORMED|TAMPERED|KEY_UNKNOWN)$/);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['the plain secret', SECRET],
    ['another version', seal(SECRET, KEYS, 'stripe').replace('v1', 'v2')],
    ['a part too many', `${seal(SECRET, KEYS, 'stripe')}.x`],
    ['a shorter tag', seal(SECRET, KEYS, 'stripe').replace(/^((?:[^.]+\.){3})([^.]{16})[^.]*/, '$1$2')],
  ])('call %s malformed', (_name, sealed) => {
    expect(failure(sealed)).toBe('SECRET_MALFORMED');
  });
});

describe('parseSecretsKeys', () => {
  it('takes one bare key', () => {
    const keys = parseSecretsKeys(hex('0F'));
    expect(keys.current).toBe('default');
    expect(keys.keys.get('default')).toEqual(Buffer.alloc(32, 0x0f));
  });

  it('a bare key goes on opening once it is listed as `default`', () => {
    const sealed = seal(SECRET, parseSecretsKeys(hex('0f')), 'stripe');
    const rotated = parseSecretsKeys(`next:${hex('ab')}, default:${hex('0f')}`);
    expect(rotated.current).toBe('next');
    expect(open(sealed, rotated, 'stripe')).toBe(SECRET);
  });

  const key = randomBytes(32).toString('hex');
  it.each([
    ['nothing', ''],
    ['a short key', `a:${key.slice(2)}`],
    ['a long key', `a:${key}00`],
    ['an odd digit', `a:${key}0`],
    ['no hex', `a:${'x'.repeat(64)}`],
    ['no id', `:${key}`],
    ['an id with a full stop', `a.b:${key}`],
    ['a third part', `a:${key}:b`],
    ['a trailing comma', `a:${key},`],
    ['an id twice', `a:${key},a:${key}`],
    ['a bare key in a list', `a:${key},${key}`],
  ])('refuses %s without repeating the key', (_name, text) => {
    let message = '';
    try {
      parseSecretsKeys(text);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      message = (error as Error).message;
    }
    expect(message).not.toBe('');
    expect(message).not.toContain(key.slice(0, 20));
  });
});
