import { type ActionDenied, REASONS, type RateState, type ReasonCode } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { answerDenial } from './denial.ts';

const denied = (code: ReasonCode, rate?: RateState): ActionDenied => ({
  trace_id: `tr_${'a'.repeat(32)}`,
  action: 'echo',
  context_id: 'demo',
  decision: { decision_id: 'dec_1', policy_revision: 1, micros: [], input_hash: 'ff', decided_at: '2026-11-21T00:00:00.000Z' },
  gate: 'G3',
  reason_codes: [code],
  message: REASONS[code],
  rate,
  received_at: '2026-11-21T00:00:00.000Z',
  replay: 0,
});
const RATE: RateState = { limit: 100, remaining: 0, resetSeconds: 11.2, windowSeconds: 60 };

const STATUS: Partial<Record<ReasonCode, number>> = {
  AUTHENTICATION_MISSING: 401,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMIT_EXCEEDED: 429,
  QUOTA_EXCEEDED: 429,
};

describe('answerDenial', () => {
  it.each(Object.keys(REASONS) as ReasonCode[])('%s', (code) => {
    const { status, contentType, headers = {}, body } = answerDenial(denied(code, RATE));
    expect(status).toBe(STATUS[code] ?? 403);
    expect(contentType).toBe('application/problem+json');
    expect(headers['cache-control']).toBe('no-store');
    expect('www-authenticate' in headers).toBe(status === 401);
    expect('retry-after' in headers && 'ratelimit' in headers && 'ratelimit-policy' in headers).toBe(status === 429);
    expect(body).toEqual({
      type: `/docs/errors#${code}`,
      title: { 401: 'Unauthorized', 403: 'Forbidden', 413: 'Payload Too Large', 429: 'Too Many Requests' }[status],
      status,
      detail: REASONS[code],
      code,
      error: 'GATE_DENIED',
      trace_id: `tr_${'a'.repeat(32)}`,
      reason_codes: [code],
      gate: 'G3',
      message: REASONS[code],
    });
  });

  it.each<[string, ReasonCode, RateState | undefined, Record<string, string | undefined>]>([
    [
      'a rate',
      'RATE_LIMIT_EXCEEDED',
      RATE,
      {
        'retry-after': '12',
        'ratelimit-policy': '"minute";q=100;w=60',
        ratelimit: '"minute";r=0;t=12',
      },
    ],
    [
      'a quota',
      'QUOTA_EXCEEDED',
      { limit: 5000, remaining: 0, resetSeconds: 3600, windowSeconds: 86_400 },
      {
        'retry-after': '3600',
        'ratelimit-policy': '"day";q=5000;w=86400',
        ratelimit: '"day";r=0;t=3600',
      },
    ],
    ['about to open', 'RATE_LIMIT_EXCEEDED', { ...RATE, resetSeconds: 0 }, { 'retry-after': '1', ratelimit: '"minute";r=0;t=0' }],
    [
      'odd figures',
      'RATE_LIMIT_EXCEEDED',
      { limit: 99.9, remaining: -1, resetSeconds: -3, windowSeconds: 0.5 },
      {
        'retry-after': '1',
        'ratelimit-policy': '"minute";q=99;w=1',
        ratelimit: '"minute";r=0;t=0',
      },
    ],
    [
      'no figures',
      'RATE_LIMIT_EXCEEDED',
      undefined,
      { 'retry-after': '60', ratelimit: undefined, 'ratelimit-policy': undefined },
    ],
  ])('headers for %s', (_name, code, rate, expected) => {
    const { headers = {} } = answerDenial(denied(code, rate));
    for (const [name, value] of Object.entries(expected)) expect(headers[name], name).toBe(value);
  });

  it('challenges with a parameter, as RFC 6750 asks', () => {
    expect(answerDenial(denied('AUTHENTICATION_MISSING')).headers?.['www-authenticate']).toMatch(/^Bearer \w+="[^"]+"$/);
  });

  it('goes by the first reason and lists all', () => {
    const { status, body } = answerDenial({
      ...denied('ACTION_UNKNOWN'),
      reason_codes: ['ACTION_UNKNOWN', 'RATE_LIMIT_EXCEEDED'],
    });
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'ACTION_UNKNOWN', reason_codes: ['ACTION_UNKNOWN', 'RATE_LIMIT_EXCEEDED'] });
  });

  it('tells nothing of the decision beyond that', () => {
    const text = JSON.stringify(
      answerDenial({ ...denied('ACTION_UNKNOWN'), principal: { id: 'key_secret', kind: 'api_key', role: 'ops' } }),
    );
    for (const inner of ['key_secret', 'ops', 'dec_1', 'policy_revision']) expect(text).not.toContain(inner);
  });
});
