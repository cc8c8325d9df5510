import { describe, expect, it } from 'vitest';
import { isSecretName, redactFields } from './redact.ts';

describe('isSecretName', () => {
  it.each(['authorization', 'Proxy-Authorization', 'X-API-Key', 'x_api_key', 'apikey', 'apiKey', 'cookie', 'Set-Cookie'])(
    '%s is one',
    (name) => expect(isSecretName(name)).toBe(true),
  );
  it.each(['password', 'dbPassword', 'client_secret', 'secrets', 'accessToken', 'token', 'privateKey', 'key', 'pwd', 'tokens'])(
    '%s is one',
    (name) => expect(isSecretName(name)).toBe(true),
  );
  it.each(['credential', 'keyboard', 'monkey', 'secretary', 'input_tokens', 'actor', 'trace_id', 'cookieless', 'consumer'])(
    '%s is none',
    (name) => expect(isSecretName(name)).toBe(false),
  );
});

describe('redactFields', () => {
  it('replaces by name at every level it keeps, and keeps nothing below the fourth', () => {
    const secret = 'hunter2';
    const fields = { a: { token: secret, b: { password: secret, c: { key: secret, d: { cookie: secret, e: { f: secret } } } } } };
    expect(redactFields(fields)).toEqual({
      a: { token: '[redacted]', b: { password: '[redacted]', c: { key: '[redacted]', d: '[deep]' } } },
    });
  });

  it('replaces one-time codes and structures under secret names, not flags or absences', () => {
    expect(redactFields({ token: 123456, secrets: ['a'], key: { a: 1 }, password: null, authorization: true })).toEqual({
      token: '[redacted]',
      secrets: '[redacted]',
      key: '[redacted]',
      password: null,
      authorization: true,
    });
  });

  it('does not change what it was given', () => {
    const fields = { token: 'a', deep: { list: ['sk_live_abcdef'] } };
    redactFields(fields);
    expect(fields).toEqual({ token: 'a', deep: { list: ['sk_live_abcdef'] } });
  });

  it('ends on cycles', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(JSON.stringify(redactFields(cycle))).toContain('[deep]');
  });

  it('tells the size of bytes and collections, not their content', () => {
    expect(redactFields({ raw: Buffer.from('hunter2'), map: new Map([['a', 1]]), ids: new Set([1, 2]) })).toEqual({
      raw: '[7 bytes]',
      map: '[1 entries]',
      ids: '[2 entries]',
    });
  });

  it('keeps type, code, message, stack and cause of an error, and nothing that hangs on it', () => {
    const error = Object.assign(new Error('refused', { cause: new TypeError('inner') }), {
      code: 'ECONNREFUSED',
      config: { headers: { authorization: 'Bearer hunter2' } },
    });
    const { err } = redactFields({ err: error }) as { err: Record<string, unknown> };
    expect(Object.keys(err)).toEqual(['type', 'code', 'message', 'stack', 'cause']);
    expect(err).toMatchObject({ code: 'ECONNREFUSED', message: 'refused', cause: { type: 'TypeError', message: 'inner' } });
  });

  it('takes a bare error', () => expect(redactFields(new Error('gone'))).toMatchObject({ err: { message: 'gone' } }));

  it('shortens long lists', () => {
    const { list } = redactFields({ list: Array.from({ length: 150 }, (_, i) => i) }) as { list: unknown[] };
    expect(list).toHaveLength(101);
    expect(list.at(-1)).toBe('…[50 more]');
  });
});
