import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { headersOf, signGithub } from '../signing.fixture.ts';
import { github } from './github.ts';

const SECRET = "It's a Secret to Everybody";
const BODY = Buffer.from('Hello, World!');
// The pair that GitHub publishes for testing an implementation.
const SIGNATURE = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

const verify = (headers: Record<string, string>, rawBody = BODY) =>
  github.verify({ rawBody, header: headersOf(headers), secrets: [SECRET], nowMs: 0 });

describe('github', () => {
  it('verifies the published vector', () => {
    expect(verify({ 'X-Hub-Signature-256': SIGNATURE })).toEqual({
      ok: true,
      messageId: `sha256:${createHash('sha256').update(BODY).digest('hex')}`,
      secretIndex: 0,
    });
  });

  it.each([
    ['another algorithm', SIGNATURE.replace('sha256=', 'sha1=')],
    ['no algorithm', SIGNATURE.slice(7)],
    ['cut short', SIGNATURE.slice(0, -2)],
    ['half a byte more', `${SIGNATURE}0`],
    ['a list', `${SIGNATURE}, ${SIGNATURE}`],
    ['not hex', SIGNATURE.replace('757107', 'xyzxyz')],
    ['a space before', ` ${SIGNATURE}`],
  ])('refuses %s', (_name, signature) => {
    expect(verify({ 'X-Hub-Signature-256': signature })).toEqual({ ok: false, reason: 'WEBHOOK_SIGNATURE_INVALID' });
  });

  it('takes hex in capitals', () => {
    expect(verify({ 'X-Hub-Signature-256': `sha256=${SIGNATURE.slice(7).toUpperCase()}` })).toMatchObject({ ok: true });
  });

  it('does not read the old SHA-1 header', () => {
    expect(verify({ 'X-Hub-Signature': SIGNATURE })).toEqual({ ok: false, reason: 'WEBHOOK_SIGNATURE_MISSING' });
  });

  it('identifies by content: the unsigned delivery id can neither make one message two nor two messages one', () => {
    const sent = (delivery: string, body: string) =>
      verify({ 'X-Hub-Signature-256': signGithub(SECRET, body), 'X-GitHub-Delivery': delivery }, Buffer.from(body));
    expect(sent('first', '{"n":1}')).toEqual(sent('second', '{"n":1}'));
    expect(sent('first', '{"n":1}')).not.toEqual(sent('first', '{"n":2}'));
  });
});
