import { hashApiKey, newApiKey } from '@techno/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredential } from './credential.ts';

const PEPPER = Buffer.alloc(32, 7);
const KEY = newApiKey('live');
const OTHER = newApiKey('test');
const flipped = KEY.slice(0, -1) + (KEY.endsWith('a') ? 'b' : 'a');

type Headers = { 'x-api-key'?: string; authorization?: string };
const read = (headers: Headers) => readCredential((name) => headers[name as keyof Headers], PEPPER);
const good = { kind: 'api_key', hash: hashApiKey(KEY, PEPPER) };
const malformed = { kind: 'malformed' };
const none = { kind: 'none' };

describe('readCredential', () => {
  it.each<[string, Headers, object]>([
    ['no header', {}, none],
    ['empty headers', { 'x-api-key': ' ', authorization: '' }, none],
    ['Bearer and nothing', { authorization: 'Bearer ' }, none],
    ['X-API-KEY', { 'x-api-key': KEY }, good],
    ['blanks around', { 'x-api-key': ` ${KEY} ` }, good],
    ['Bearer', { authorization: `Bearer ${KEY}` }, good],
    ['bearer in other cases', { authorization: `bEARER  ${KEY}` }, good],
    ['the same key twice', { 'x-api-key': KEY, authorization: `Bearer ${KEY}` }, good],
    ['beside an empty header', { 'x-api-key': KEY, authorization: 'Bearer' }, good],
    ['two different keys', { 'x-api-key': KEY, authorization: `Bearer ${OTHER}` }, malformed],
    ['a good and a bad key', { 'x-api-key': flipped, authorization: `Bearer ${KEY}` }, malformed],
    ['a wrong checksum', { 'x-api-key': flipped }, malformed],
    ['another scheme', { authorization: `Basic ${KEY}` }, malformed],
    ['another scheme beside a key', { 'x-api-key': KEY, authorization: 'Basic YTpi' }, malformed],
    ['no scheme', { authorization: KEY }, malformed],
    ['Bearer run together', { authorization: `Bearer${KEY}` }, malformed],
    ['two keys in one header', { 'x-api-key': `${KEY}, ${KEY}` }, malformed],
    ['a key and more', { authorization: `Bearer ${KEY} x` }, malformed],
    ['Bearer in X-API-KEY', { 'x-api-key': `Bearer ${KEY}` }, malformed],
  ])('%s', (_name, headers, expected) => {
    expect(read(headers)).toEqual(expected);
  });

  it('depends on the pepper', () => {
    const peppered = (byte: number) => readCredential((name) => (name === 'x-api-key' ? KEY : undefined), Buffer.alloc(32, byte));
    expect(peppered(8)).not.toEqual(peppered(7));
  });

  it('never gives back what was sent', () => {
    fc.assert(
      fc.property(fc.constantFrom(KEY, OTHER, flipped, 'garbage-1234'), fc.constantFrom('', KEY, OTHER), (key, bearer) => {
        const text = JSON.stringify(read({ 'x-api-key': key, authorization: bearer && `Bearer ${bearer}` }));
        for (const sent of [key, bearer, key.slice(8)]) if (sent !== '') expect(text).not.toContain(sent);
      }),
    );
  });
});
