import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WEBHOOK_SCHEME_NAMES, type Delivery, type Rejected, type Verified, type WebhookSchemeName } from '../scheme.ts';
import { headersOf, signGithub, signStandard, signTimestamped } from '../signing.fixture.ts';
import { webhookSchemes } from './index.ts';

// What holds for every scheme, run for each of them.

const NOW_S = 1_780_000_000;
const NEW = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OLD = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

type Sent = { body: Buffer; headers: Record<string, string> };

interface Sender {
  /** What the sender of a scheme sends; a retry differs by its time. */
  send(body: Buffer, secret: string, timestampS: number, headerName?: string): Sent;
  /** Whether the proof covers the body. */
  signsBody: boolean;
}

const senders: Record<WebhookSchemeName, Sender> = {
  standard: {
    signsBody: true,
    send: (body, secret, at) => ({
      body,
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(at),
        'webhook-signature': signStandard(secret, 'msg_1', at, body),
      },
    }),
  },
  github: {
    signsBody: true,
    send: (body, secret, _at, name = 'X-Hub-Signature-256') => ({ body, headers: { [name]: signGithub(secret, body) } }),
  },
  timestamped: {
    signsBody: true,
    send: (body, secret, at, name = 'Stripe-Signature') => ({ body, headers: { [name]: signTimestamped(secret, at, body) } }),
  },
  token: {
    signsBody: false,
    send: (body, secret, _at, name = 'X-Webhook-Token') => ({ body, headers: { [name]: secret } }),
  },
  bearer: {
    signsBody: false,
    send: (body, secret, _at, name = 'Authorization') => ({ body, headers: { [name]: `Bearer ${secret}` } }),
  },
};

/** Bodies as they come: JSON, in every spacing, and any bytes at all. */
const anyBody = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

describe.each(WEBHOOK_SCHEME_NAMES)('%s', (name) => {
  const scheme = webhookSchemes[name];
  const { send, signsBody } = senders[name];
  const verify = (sent: Sent, secrets: readonly string[], more: Partial<Delivery> = {}): Verified | Rejected =>
    scheme.verify({ rawBody: sent.body, header: headersOf(sent.headers), secrets, nowMs: NOW_S * 1000, ...more });
  const invalid = { ok: false, reason: signsBody ? 'WEBHOOK_SIGNATURE_INVALID' : 'WEBHOOK_TOKEN_INVALID' };
  const body = Buffer.from('{"a": 1}');

  it('goes by its name', () => {
    expect(scheme.name).toBe(name);
  });

  it('accepts what its sender signed, whatever the bytes', () => {
    fc.assert(
      fc.property(anyBody, (any) => {
        expect(verify(send(any, NEW, NOW_S), [NEW])).toMatchObject({ ok: true, secretIndex: 0 });
      }),
    );
  });

  it('refuses a request without proof', () => {
    expect(verify({ body, headers: {} }, [NEW])).toEqual({ ok: false, reason: 'WEBHOOK_SIGNATURE_MISSING' });
  });

  it('accepts each of several live secrets and says which', () => {
    const secrets = [NEW, `${OLD.slice(0, -1)}A`, OLD];
    secrets.forEach((secret, secretIndex) =>
      expect(verify(send(body, secret, NOW_S), secrets)).toMatchObject({ ok: true, secretIndex }),
    );
  });

  it('refuses a secret that was dropped, and everything where there is none', () => {
    expect(verify(send(body, OLD, NOW_S), [NEW])).toEqual(invalid);
    expect(verify(send(body, NEW, NOW_S), [])).toEqual(invalid);
  });

  it.each(['', 'short', 'whsec_', 'whsec_AAAA'])('never matches the unusable secret %j', (secret) => {
    expect(scheme.isUsableSecret(secret)).toBe(false);
    expect(verify(send(body, secret, NOW_S), [secret]).ok).toBe(false);
  });

  it('gives a retry the id of the first attempt, under either secret', () => {
    const first = verify(send(body, OLD, NOW_S), [NEW, OLD]);
    const retry = verify(send(body, NEW, NOW_S + 240), [NEW, OLD], { nowMs: (NOW_S + 240) * 1000 });
    expect(first).toMatchObject({ ok: true });
    expect(retry).toMatchObject({ ok: true, messageId: (first as Verified).messageId });
  });

  it('gives a replay under invented delivery headers the same id', () => {
    const sent = send(body, NEW, NOW_S);
    const replay = { body, headers: { ...sent.headers, 'X-GitHub-Delivery': 'another', 'X-Request-Id': 'another' } };
    expect(verify(replay, [NEW])).toEqual(verify(sent, [NEW]));
  });

  it('gives an id that a row and a header can hold', () => {
    const verified = verify(send(body, NEW, NOW_S), [NEW]) as Verified;
    expect(verified.messageId).toMatch(/^[\x21-\x7e]{1,327}$/);
  });

  it.runIf(scheme.defaultHeader)('reads the header that the source names, and only that', () => {
    const sent = send(body, NEW, NOW_S, 'X-Acme-Proof');
    expect(verify(sent, [NEW], { headerName: 'X-ACME-proof' })).toMatchObject({ ok: true });
    expect(verify(sent, [NEW])).toEqual({ ok: false, reason: 'WEBHOOK_SIGNATURE_MISSING' });
    expect(verify(send(body, NEW, NOW_S), [NEW], { headerName: 'X-Acme-Proof' }).ok).toBe(false);
  });

  it.runIf(signsBody)('refuses a body with any one byte changed, inserted or removed', () => {
    const nonEmpty = anyBody.filter((any) => any.length > 0);
    fc.assert(
      fc.property(nonEmpty, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, at, flip) => {
        const sent = send(original, NEW, NOW_S);
        const index = at % original.length;
        const changed = Buffer.from(original);
        changed[index] = (changed[index] ?? 0) ^ flip;
        const longer = Buffer.concat([original.subarray(0, index), Buffer.from([flip]), original.subarray(index)]);
        const shorter = Buffer.concat([original.subarray(0, index), original.subarray(index + 1)]);
        for (const other of [changed, longer, shorter]) expect(verify({ ...sent, body: other }, [NEW])).toEqual(invalid);
      }),
    );
  });

  it.runIf(signsBody)('refuses JSON that was parsed and written again', () => {
    const spaced = fc.jsonValue({ maxDepth: 3 }).map((value) => ` ${JSON.stringify(value, null, 2)}`);
    fc.assert(
      fc.property(spaced, (text) => {
        const sent = send(Buffer.from(text), NEW, NOW_S);
        const again = Buffer.from(JSON.stringify(JSON.parse(text)));
        expect(verify(sent, [NEW]).ok).toBe(true);
        expect(verify({ ...sent, body: again }, [NEW])).toEqual(invalid);
      }),
    );
  });

  it('refuses any proof with one character changed, and never throws on garbage', () => {
    const sent = send(body, NEW, NOW_S);
    const [header = '', proof = ''] = Object.entries(sent.headers).at(-1) ?? [];
    fc.assert(
      fc.property(
        fc.nat(proof.length - 1),
        fc.string({ minLength: 1, maxLength: 1, unit: 'binary-ascii' }),
        (index, character) => {
          const changed = proof.slice(0, index) + character + proof.slice(index + 1);
          // The case of a hex digit means nothing.
          fc.pre(changed.toLowerCase() !== proof.toLowerCase() || (changed !== proof && !/[0-9a-f]{64}$/.test(proof)));
          expect(verify({ body, headers: { ...sent.headers, [header]: changed } }, [NEW]).ok).toBe(false);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (garbage) => {
        expect(verify({ body, headers: { ...sent.headers, [header]: garbage } }, [NEW]).ok).toBe(false);
      }),
    );
  });
});
