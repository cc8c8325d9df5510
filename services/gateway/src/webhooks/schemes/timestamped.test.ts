import { describe, expect, it } from 'vitest';
import type { Verified } from '../scheme.ts';
import { headersOf, signTimestamped } from '../signing.fixture.ts';
import { timestamped } from './timestamped.ts';

const SECRET = 'whsec_test_secret_of_stripe';
const AT = 1_700_000_000;
const BODY = '{"id":"evt_1"}';
const SIGNED = signTimestamped(SECRET, AT, BODY);
const HEX = SIGNED.slice(SIGNED.indexOf('v1=') + 3);

const verify = (header: string, nowS = AT, body = BODY) =>
  timestamped.verify({
    rawBody: Buffer.from(body),
    header: headersOf({ 'Stripe-Signature': header }),
    secrets: [SECRET],
    nowMs: nowS * 1000,
  });

describe('timestamped', () => {
  it('verifies a signature made with openssl', () => {
    // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_secret_of_stripe
    expect(HEX).toBe('8fc4dd0995fa90cb76a058e24411c4e5ae580fb773ecfafdb4337a04e58587c7');
    expect(verify(SIGNED)).toMatchObject({ ok: true, timestampMs: AT * 1000, secretIndex: 0 });
  });

  it.each([
    ['a second signature of another key', `t=${AT},v1=${'0'.repeat(64)},v1=${HEX}`],
    ['an older version beside it', `t=${AT},v0=${'0'.repeat(64)},v1=${HEX}`],
    ['blanks after the commas', `t=${AT}, v1=${HEX}`],
    ['another order', `v1=${HEX},t=${AT}`],
  ])('takes %s', (_name, header) => {
    expect(verify(header)).toMatchObject({ ok: true });
  });

  it.each([
    ['no v1', `t=${AT}`, 'WEBHOOK_SIGNATURE_MISSING'],
    ['only another version', `t=${AT},v0=${HEX}`, 'WEBHOOK_SIGNATURE_MISSING'],
    ['no time', `v1=${HEX}`, 'WEBHOOK_TIMESTAMP_MISSING'],
    ['an empty time', `t=,v1=${HEX}`, 'WEBHOOK_TIMESTAMP_MISSING'],
    ['two times', `t=${AT},t=${AT},v1=${HEX}`, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['no number', `t=now,v1=${HEX}`, 'WEBHOOK_TIMESTAMP_INVALID'],
    ['another time', `t=${AT + 1},v1=${HEX}`, 'WEBHOOK_SIGNATURE_INVALID'],
    ['an empty signature', `t=${AT},v1=`, 'WEBHOOK_SIGNATURE_INVALID'],
    ['a signature cut short', `t=${AT},v1=${HEX.slice(0, 62)}`, 'WEBHOOK_SIGNATURE_INVALID'],
  ])('refuses %s', (_name, header, reason) => {
    expect(verify(header)).toEqual({ ok: false, reason });
  });

  it.each([
    [300, { ok: true }],
    [301, { ok: false, reason: 'WEBHOOK_TIMESTAMP_TOO_OLD' }],
    [-300, { ok: true }],
    [-301, { ok: false, reason: 'WEBHOOK_TIMESTAMP_TOO_NEW' }],
  ])('at an age of %i s', (ageS, expected) => {
    expect(verify(SIGNED, AT + ageS)).toMatchObject(expected);
  });

  it('tells events apart by their bodies', () => {
    const other = '{"id":"evt_2"}';
    const id = (verified: unknown) => (verified as Verified).messageId;
    expect(id(verify(SIGNED))).not.toBe(id(verify(signTimestamped(SECRET, AT, other), AT, other)));
  });
});
