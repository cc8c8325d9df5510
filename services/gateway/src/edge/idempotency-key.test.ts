import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIdempotencyKey, requestFingerprint } from './idempotency-key.ts';

describe('readIdempotencyKey', () => {
  it('is none where none was sent', () => {
    expect(readIdempotencyKey(undefined)).toEqual({ kind: 'none' });
  });

  it.each(['a', '8e03978e-40d5-43e8-bc93-6894a57f9324', '"quoted"', '!~', 'x'.repeat(255)])('takes %j', (key) => {
    expect(readIdempotencyKey(key)).toEqual({ kind: 'key', key });
  });

  it.each(['', ' ', 'a b', 'a\tb', 'a\n', 'ä', '\x7f', 'x'.repeat(256)])('refuses %j', (key) => {
    expect(readIdempotencyKey(key)).toEqual({ kind: 'invalid', code: 'IDEMPOTENCY_KEY_INVALID' });
  });
});

describe('requestFingerprint', () => {
  const body = Buffer.from('{"a":1}');

  it('is the SHA-256 of method, path and raw body', () => {
    // printf 'POST\n/v1/process\n{"a":1}' | sha256sum
    expect(requestFingerprint('post', '/v1/process', body)).toBe(
      'ff49be548fb98974009e0f97102be797224254a881848893c6e5698cc8316add',
    );
  });

  it('differs where anything does', () => {
    const path = fc.stringMatching(/^\/[a-z/]{0,12}$/);
    const request = fc.tuple(fc.constantFrom('POST', 'PUT'), path, fc.uint8Array({ maxLength: 8 }));
    fc.assert(
      fc.property(request, request, ([method, where, bytes], [method2, where2, bytes2]) => {
        const same = method === method2 && where === where2 && Buffer.compare(bytes, bytes2) === 0;
        const one = requestFingerprint(method, where, Buffer.from(bytes));
        expect(one === requestFingerprint(method2, where2, Buffer.from(bytes2))).toBe(same);
      }),
    );
  });

  it('is over the bytes: other spacing is another body', () => {
    expect(requestFingerprint('POST', '/', Buffer.from('{"a": 1}'))).not.toBe(requestFingerprint('POST', '/', body));
  });
});
