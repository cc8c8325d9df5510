import { describe, expect, it } from 'vitest';
import type { Verified } from '../scheme.ts';
import { headersOf } from '../signing.fixture.ts';
import { token } from './token.ts';

const SECRET = 'correct-horse-battery';

const verify = (headers: Record<string, string>, body = '{}') =>
  token.verify({ rawBody: Buffer.from(body), header: headersOf(headers), secrets: [SECRET], nowMs: 0 });
const idOf = (headers: Record<string, string>, body?: string) =>
  (verify({ 'X-Webhook-Token': SECRET, ...headers }, body) as Verified).messageId;

describe('token', () => {
  it.each([`${SECRET}x`, SECRET.slice(1), SECRET.toUpperCase(), ` ${SECRET}`, 'x'])('refuses %j', (given) => {
    expect(verify({ 'X-Webhook-Token': given })).toEqual({ ok: false, reason: 'WEBHOOK_TOKEN_INVALID' });
  });

  it('identifies by webhook-id and body together', () => {
    const ids = [idOf({}), idOf({ 'webhook-id': 'a' }), idOf({ 'webhook-id': 'b' }), idOf({ 'webhook-id': 'a' }, '{"n":1}')];
    expect(new Set(ids).size).toBe(4);
    expect(idOf({ 'webhook-id': 'a' })).toBe(ids[1]);
  });

  it('refuses a webhook-id that no row should hold', () => {
    expect(verify({ 'X-Webhook-Token': SECRET, 'webhook-id': 'a b' })).toEqual({ ok: false, reason: 'WEBHOOK_ID_INVALID' });
  });

  it.each([
    ['fifteen characters!'.slice(0, 15), false],
    ['sixteen-chars-ok', true],
    ['with a space inside', false],
    ['x'.repeat(257), false],
  ])('a secret %j is usable: %s', (secret, usable) => {
    expect(token.isUsableSecret(secret)).toBe(usable);
  });
});
