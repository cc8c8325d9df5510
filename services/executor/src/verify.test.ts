import { inputHash, parseAllowKeys, signAllow } from '@techno/contracts';
import { SECOND, TechnoError } from '@techno/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertAllowed, isAllowFailure } from './verify.ts';

const NOW = Date.parse('2026-11-20T10:00:00Z');
const keys = parseAllowKeys(`k1:${'ab'.repeat(32)},k2:${'cd'.repeat(32)}`);

type Input = Parameters<typeof assertAllowed>[0];

/** What the gate-engine would have sent. */
function signed(change: { payload?: unknown; executors?: readonly string[]; expiresAt?: string } = {}): Input {
  const { payload = { text: 'hello' }, executors = ['echo_executor_v1', 'spare_executor_v1'] } = change;
  const request = { action: 'echo', context_id: 'default', payload };
  const [executor = '', ...fallbacks] = executors;
  const traceId = `tr_${'0a'.repeat(16)}`;
  const expiresAt = change.expiresAt ?? '2026-11-20T11:00:00.000Z';
  const claim = {
    decisionId: 'dec_1',
    traceId,
    action: request.action,
    inputHash: inputHash(request),
    principal: 'tester key_1',
    policyRevision: 1,
    executor: executors.join(','),
    expiresAt,
  };
  const { keyId, signature } = signAllow(claim, keys);
  return {
    traceId,
    request,
    principal: { id: 'key_1', kind: 'api_key', role: 'tester' },
    decision: { decision_id: 'dec_1', policy_revision: 1 },
    allow: { executor, fallbacks, expires_at: expiresAt, key_id: keyId, signature },
  };
}

function codeOf(input: Input, nowMs = NOW): string | undefined {
  try {
    assertAllowed(input, keys, nowMs);
    return undefined;
  } catch (error) {
    return error instanceof TechnoError ? error.code : String(error);
  }
}

const whole = signed();

describe('an ALLOW', () => {
  it('holds for what it was signed over, also after a journey as JSON', () => {
    expect(codeOf(whole)).toBeUndefined();
    expect(codeOf(JSON.parse(JSON.stringify(whole)) as Input)).toBeUndefined();
    fc.assert(
      fc.property(fc.json(), (json) => {
        const input = JSON.parse(JSON.stringify(signed({ payload: JSON.parse(json) as unknown }))) as Input;
        expect(codeOf(input)).toBeUndefined();
      }),
    );
  });

  const tampered: [string, Input][] = [
    ['the trace', { ...whole, traceId: `tr_${'0b'.repeat(16)}` }],
    ['the action', { ...whole, request: { ...whole.request, action: 'transfer' } }],
    ['the context', { ...whole, request: { ...whole.request, context_id: 'team-a' } }],
    ['a value of the payload', { ...whole, request: { ...whole.request, payload: { text: 'hellO' } } }],
    ['a field more in the payload', { ...whole, request: { ...whole.request, payload: { text: 'hello', to: 'me' } } }],
    ['no payload', { ...whole, request: { ...whole.request, payload: null } }],
    ['the decision', { ...whole, decision: { ...whole.decision, decision_id: 'dec_2' } }],
    ['the policy revision', { ...whole, decision: { ...whole.decision, policy_revision: 2 } }],
    ['the principal', { ...whole, principal: { ...whole.principal, id: 'key_2' } }],
    ['its role', { ...whole, principal: { ...whole.principal, role: 'admin' } }],
    ['the executor', { ...whole, allow: { ...whole.allow, executor: 'http_executor_v1' } }],
    ['a fallback more', { ...whole, allow: { ...whole.allow, fallbacks: [...whole.allow.fallbacks, 'http_executor_v1'] } }],
    ['a fallback less', { ...whole, allow: { ...whole.allow, fallbacks: [] } }],
    ['executor and fallback changed round', signedWith({ executor: 'spare_executor_v1', fallbacks: ['echo_executor_v1'] })],
    ['a later expiry', { ...whole, allow: { ...whole.allow, expires_at: '2027-11-20T11:00:00.000Z' } }],
    ['another key', { ...whole, allow: { ...whole.allow, key_id: 'k2' } }],
    ['an unknown key', { ...whole, allow: { ...whole.allow, key_id: 'k3' } }],
    ['no signature', { ...whole, allow: { ...whole.allow, signature: '' } }],
    ['half a signature', { ...whole, allow: { ...whole.allow, signature: whole.allow.signature.slice(0, 20) } }],
    ['the signature of another input', { ...whole, allow: signed({ payload: {} }).allow }],
  ];
  function signedWith(allow: Partial<Input['allow']>): Input {
    return { ...whole, allow: { ...whole.allow, ...allow } };
  }

  it.each(tampered)('does not hold with %s', (_what, input) => {
    expect(codeOf(input)).toBe('ALLOW_INVALID');
  });

  it('does not hold with one bit of its signature turned', () => {
    const bytes = Buffer.from(whole.allow.signature, 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const turned = Buffer.from(bytes);
        turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(codeOf({ ...whole, allow: { ...whole.allow, signature: turned.toString('base64url') } })).toBe('ALLOW_INVALID');
      }),
    );
  });

  it('ends at its time, to the millisecond', () => {
    const end = Date.parse(whole.allow.expires_at);
    expect(codeOf(whole, end - 1)).toBeUndefined();
    expect(codeOf(whole, end)).toBe('ALLOW_EXPIRED');
    expect(codeOf(whole, end + 3_600 * SECOND)).toBe('ALLOW_EXPIRED');
  });

  it.each(['', 'never', 'Infinity'])('that ends at %j has ended', (expiresAt) => {
    expect(codeOf(signed({ expiresAt }))).toBe('ALLOW_EXPIRED');
  });

  it('that is tampered with and old is called tampered with', () => {
    expect(codeOf({ ...whole, decision: { ...whole.decision, decision_id: 'dec_2' } }, NOW + 86_400 * SECOND)).toBe(
      'ALLOW_INVALID',
    );
  });

  it('names no part of the input when it fails', () => {
    expect(() => assertAllowed({ ...whole, request: { ...whole.request, payload: { secret: 'hunter2' } } }, keys, NOW)).toThrow(
      /^(?!.*hunter2)/,
    );
  });
});

it('only the two codes say that the ALLOW is worth nothing', () => {
  expect(['ALLOW_INVALID', 'ALLOW_EXPIRED', 'ACTION_UNKNOWN', 'UNEXPECTED'].map(isAllowFailure)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
