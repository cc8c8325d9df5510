import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Rejected, Verified, WebhookRejection } from '../scheme.ts';
import { headersOf, signStandard } from '../signing.fixture.ts';
import { standard } from './standard.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const AT = 1614265330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

type Sent = { id?: string; timestamp?: string; signature?: string; body?: string; secrets?: string[]; nowS?: number };

function verify(sent: Sent = {}): Verified | Rejected {
  const all = { id: ID, timestamp: String(AT), signature: SIGNATURE, body: BODY, secrets: [SECRET], nowS: AT, ...sent };
  return standard.verify({
    rawBody: Buffer.from(all.body),
    header: headersOf({ 'webhook-id': all.id, 'webhook-timestamp': all.timestamp, 'webhook-signature': all.signature }),
    secrets: all.secrets,
    nowMs: all.nowS * 1000,
  });
}

const refused = (reason: WebhookRejection): Rejected => ({ ok: false, reason });

describe('the published vectors', () => {
  // From the test suites of the reference libraries (JavaScript, Go, Python, Rust), as of August 2026.
  it.each([
    { secret: SECRET, id: ID, at: AT, body: BODY, signature: SIGNATURE },
    {
      secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      id: 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      at: 1649367553,
      body: '{"email":"test@example.com","username":"test_user"}',
      signature: 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
    },
  ])('$id verifies', ({ secret, id, at, body, signature }) => {
    expect(verify({ secrets: [secret], id, timestamp: String(at), nowS: at, body, signature })).toEqual({
      ok: true,
      messageId: id,
      timestampMs: at * 1000,
      secretIndex: 0,
    });
  });

  const WRONG = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';
  it.each<[string, Sent, Verified['ok'] | WebhookRejection]>([
    [
      'among signatures of other keys and versions',
      { signature: `${WRONG} ${WRONG.replace('v1', 'v2')} ${SIGNATURE} ${WRONG}` },
      true,
    ],
    [
      'beside an asymmetric one',
      { signature: `v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7A= ${SIGNATURE}` },
      true,
    ],
    ['a wrong signature', { signature: WRONG }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['only wrong ones', { signature: `${WRONG} ${WRONG}` }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['not base64', { signature: 'v1,dawfeoifkpqwoekfpqoekf' }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['one character changed', { signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=' }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['spare bits of the last digit changed', { signature: SIGNATURE.replace('OE=', 'OF=') }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['the padding cut', { signature: SIGNATURE.slice(0, -1) }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['part of one', { signature: SIGNATURE.slice(0, 8) }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['v1 and nothing', { signature: 'v1,' }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['another version', { signature: SIGNATURE.replace('v1', 'v2') }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['the version as a prefix', { signature: SIGNATURE.replace('v1', 'v1a') }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['no version', { signature: SIGNATURE.slice(3) }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['no signature', { signature: '' }, 'WEBHOOK_SIGNATURE_MISSING'],
    ['no id', { id: '' }, 'WEBHOOK_ID_MISSING'],
    ['another id', { id: `${ID}2` }, 'WEBHOOK_SIGNATURE_INVALID'],
    ['no timestamp', { timestamp: '' }, 'WEBHOOK_TIMESTAMP_MISSING'],
    ['no number', { timestamp: 'hello' }, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['a number and more', { timestamp: `${AT}x` }, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['a leading zero', { timestamp: `0${AT}` }, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['milliseconds', { timestamp: `${AT}000` }, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['an exponent', { timestamp: '1e9' }, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['negative', { timestamp: '-1' }, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['300 s old', { nowS: AT + 300.999 }, true],
    ['301 s old', { nowS: AT + 301 }, 'WEBHOOK_TIMESTAMP_TOO_OLD'],
    ['300 s ahead', { nowS: AT - 300 }, true],
    ['301 s ahead', { nowS: AT - 300.001 }, 'WEBHOOK_TIMESTAMP_TOO_NEW'],
  ])('%s', (_name, sent, expected) => {
    if (expected === true) expect(verify(sent)).toMatchObject({ ok: true });
    else expect(verify(sent)).toEqual(refused(expected as WebhookRejection));
  });
});

describe('the id', () => {
  it('may not hold a full stop: the signature of one split would fit another', () => {
    const signature = signStandard(SECRET, 'a', AT, `${AT}.{}`);
    expect(verify({ id: 'a', body: `${AT}.{}`, signature })).toMatchObject({ ok: true });
    expect(signStandard(SECRET, `a.${AT}`, AT, '{}')).toBe(signature);
    expect(verify({ id: `a.${AT}`, body: '{}', signature })).toEqual(refused('WEBHOOK_ID_INVALID'));
  });

  it.each(['with space', 'tab\t', 'ü', 'nul\0', 'x'.repeat(256)])('may not be %j', (id) => {
    expect(verify({ id, signature: signStandard(SECRET, id, AT, BODY) })).toEqual(refused('WEBHOOK_ID_INVALID'));
  });

  it('or the time with one character changed is refused', () => {
    const anyByte = fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte));
    fc.assert(
      fc.property(fc.constantFrom('id', 'timestamp'), fc.nat(), anyByte, (field, at, character) => {
        const original = field === 'id' ? ID : String(AT);
        const index = at % original.length;
        const changed = original.slice(0, index) + character + original.slice(index + 1);
        fc.pre(changed !== original);
        expect(verify({ [field]: changed }).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('secrets', () => {
  const withBytes = (length: number) => `whsec_${randomBytes(length).toString('base64')}`;
  it.each<[string, string, boolean]>([
    ['23 bytes', withBytes(23), false],
    ['24 bytes', withBytes(24), true],
    ['64 bytes', withBytes(64), true],
    ['65 bytes', withBytes(65), false],
    ['unpadded', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr', true],
    ['cut within a byte', `${SECRET}A`, false],
    ['base64url', `whsec_${'-_'.repeat(16)}`, false],
    ['a space inside', `whsec_${'AAAA '.repeat(8)}`, false],
    ['without the prefix', SECRET.slice(6), false],
    ['a private key of the asymmetric scheme', SECRET.replace('whsec_', 'whsk_'), false],
  ])('%s', (_name, secret, usable) => {
    expect(standard.isUsableSecret(secret)).toBe(usable);
  });

  it('an unpadded one signs as the padded one does', () => {
    const unpadded = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr';
    expect(verify({ secrets: [unpadded], signature: signStandard(`${unpadded}==`, ID, AT, BODY) })).toMatchObject({ ok: true });
  });
});

describe('beside the reference implementation', () => {
  afterEach(() => vi.useRealTimers());

  const secret = fc.uint8Array({ minLength: 24, maxLength: 64 }).map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`);
  const id = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 64,
  });
  const body = fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.string({ unit: 'grapheme' }),
  );

  it('accepts what it signs', () => {
    fc.assert(
      fc.property(
        secret,
        id.filter((text) => !text.includes('.')),
        fc.nat(4_000_000_000),
        body,
        (key, messageId, at, text) => {
          const signature = new Webhook(key).sign(messageId, new Date(at * 1000), text);
          const sent = { id: messageId, timestamp: String(at), nowS: at, body: text, signature, secrets: [key] };
          expect(verify(sent)).toEqual({ ok: true, messageId, timestampMs: at * 1000, secretIndex: 0 });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('agrees with it on what to refuse, and is stricter only about a full stop in the id', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const skew = fc.oneof(fc.constantFrom(-301, -300, -299, 0, 299, 300, 301), fc.integer({ min: -900, max: 900 }));
    const meddle = fc.constantFrom('nothing', 'body', 'id', 'key', 'version', 'several');
    fc.assert(
      fc.property(
        secret,
        secret,
        id,
        body,
        skew,
        fc.integer({ min: 0, max: 999 }),
        meddle,
        (key, other, messageId, text, skewS, ms, what) => {
          const nowMs = AT * 1000 + ms;
          vi.setSystemTime(nowMs);
          const at = AT + skewS;
          const signer = what === 'key' ? other : key;
          const signed = signStandard(
            signer,
            what === 'id' ? `${messageId}!` : messageId,
            at,
            what === 'body' ? `${text} ` : text,
          );
          const signature = what === 'version' ? signed.replace('v1,', 'v2,') : what === 'several' ? `v1,x ${signed}` : signed;
          const sent = { id: messageId, timestamp: String(at), signature, body: text, secrets: [key], nowS: nowMs / 1000 };
          const headers = { 'webhook-id': messageId, 'webhook-timestamp': String(at), 'webhook-signature': signature };
          let theirs = true;
          try {
            new Webhook(key).verify(text, headers, { jsonParse: false });
          } catch {
            theirs = false;
          }
          expect(verify(sent).ok).toBe(theirs && !messageId.includes('.'));
        },
      ),
      { numRuns: 500 },
    );
  });
});
