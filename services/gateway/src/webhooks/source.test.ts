import { describe, expect, it } from 'vitest';
import { toPayload, webhookSource, webhookSourceName } from './source.ts';

const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const valid = { scheme: 'standard', secrets: [WHSEC], action: 'echo', context_id: 'demo' };

describe('webhookSource', () => {
  it('fills in what is not said', () => {
    expect(webhookSource.parse(valid)).toEqual({ ...valid, payload: 'body', enabled: true });
  });

  it.each<[string, object]>([
    ['five secrets', { secrets: ['A', 'B', 'C', 'D', 'E'].map((end) => WHSEC.slice(0, -1) + end) }],
    ['a shared secret', { scheme: 'github', secrets: ['0123456789abcdef'] }],
    ['its own header', { scheme: 'timestamped', secrets: ['0123456789abcdef'], header: 'X-Acme-Signature' }],
    ['a token', { scheme: 'token', secrets: ['0123456789abcdef'], enabled: false }],
    ['a wrap', { payload: { wrap: 'event' } }],
    ['a template', { payload: { template: { text: '{{body.text}}' } } }],
  ])('takes %s', (_name, more) => {
    expect(webhookSource.parse({ ...valid, ...more })).toMatchObject(more);
  });

  it.each<[string, object, string]>([
    ['an unknown scheme', { scheme: 'none' }, 'scheme'],
    ['a name of every object as the scheme', { scheme: 'constructor' }, 'scheme'],
    ['no secret', { secrets: [] }, 'secrets'],
    ['six secrets', { secrets: ['A', 'B', 'C', 'D', 'E', 'F'].map((end) => WHSEC.slice(0, -1) + end) }, 'secrets'],
    ['the same secret twice', { secrets: [WHSEC, WHSEC] }, 'secrets.1'],
    ['a secret of another form', { secrets: [WHSEC, '0123456789abcdef'] }, 'secrets.1'],
    ['a whsec_ of too few bytes', { secrets: ['whsec_AAAAAAAA'] }, 'secrets.0'],
    ['a short shared secret', { scheme: 'github', secrets: ['0123456789abcde'] }, 'secrets.0'],
    ['a token that no header carries', { scheme: 'token', secrets: ['0123456789 abcdef'] }, 'secrets.0'],
    ['a header where the scheme fixes them', { header: 'X-Acme' }, 'header'],
    ['a header that is none', { scheme: 'token', secrets: ['0123456789abcdef'], header: 'X Acme' }, 'header'],
    ['no action', { action: '' }, 'action'],
    ['a context too long', { context_id: 'x'.repeat(257) }, 'context_id'],
    ['an unsafe wrap', { payload: { wrap: '__proto__' } }, 'payload.wrap'],
    ['a template with a wrong placeholder', { payload: { template: { a: '{{event}}' } } }, 'payload.template'],
    ['a template that is no object', { payload: { template: '{{body}}' } }, 'payload'],
    ['another mapping', { payload: 'header' }, 'payload'],
    ['a field it does not know', { secret: WHSEC }, ''],
  ])('refuses %s', (_name, more, path) => {
    const parsed = webhookSource.safeParse({ ...valid, ...more });
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });

  it('repeats no secret in its complaints', () => {
    const canary = 'canary-secret-that-is-not-whsec';
    const parsed = webhookSource.safeParse({ ...valid, secrets: [canary, canary], header: 'X-A', payload: 'x' });
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error) + String(parsed.error) + JSON.stringify(parsed.error?.issues)).not.toContain(canary);
  });

  it.each([
    ['billing.stripe-eu_1', true],
    ['Stripe', false],
    ['../admin', false],
    ['', false],
    ['x'.repeat(65), false],
  ])('the name %j: %s', (name, accepted) => {
    expect(webhookSourceName.safeParse(name).success).toBe(accepted);
  });
});

describe('toPayload', () => {
  const body = { text: 'hi', n: 1 };
  it.each<[string, Parameters<typeof toPayload>[0]['payload'], unknown, unknown]>([
    ['the body itself', 'body', body, body],
    ['a list under a name', { wrap: 'events' }, [1, 2], { events: [1, 2] }],
    ['a template', { template: { message: 'It says {{body.text}}', n: '{{body.n}}' } }, body, { message: 'It says hi', n: 1 }],
  ])('%s', (_name, payload, parsedBody, expected) => {
    expect(toPayload({ payload }, parsedBody)).toEqual(expected);
  });
});
