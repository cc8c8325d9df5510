import { describe, expect, it } from 'vitest';
import { matchesPattern, policyDocument, type PolicyInput } from './policy.ts';

const minimal: PolicyInput = {
  version: 1,
  contexts: ['demo'],
  roles: { ops: {} },
  actions: { echo: { payload: {}, result: {}, executors: ['echo_executor_v1'] } },
};
const upstreams = { crm: { baseUrl: 'https://crm.example' } };
const action = { payload: {}, result: {}, executors: ['x_v1'] };

describe('policyDocument', () => {
  it('fills in what is not said, closed where it matters', () => {
    expect(policyDocument.parse(minimal)).toEqual({
      version: 1,
      killSwitch: false,
      maintenance: false,
      maintenanceRoles: [],
      contexts: ['demo'],
      payload: { maxBytes: 262_144, maxDepth: 32 },
      limits: { perMinute: 600 },
      roles: { ops: { allow: [], permissions: [], limits: {} } },
      sources: {},
      upstreams: {},
      deadLetters: { autoReplay: [], notify: [], autoReplayPerSecond: 20, retentionDays: { replayed: 30, discarded: 90 } },
      actions: {
        echo: {
          description: '',
          enabled: true,
          payload: {},
          result: {},
          executors: ['echo_executor_v1'],
          timeoutMs: 30_000,
          retryDelaysMs: [1_000, 5_000, 15_000],
          promptInjection: 'deny',
        },
      },
    });
  });

  it('is stable: what it gives back it takes again unchanged', () => {
    const once = policyDocument.parse(minimal);
    expect(policyDocument.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  it('defaults field by field where a part is given', () => {
    const parsed = policyDocument.parse({
      ...minimal,
      payload: { maxBytes: 10 },
      upstreams,
      actions: {
        call: { ...action, http: { upstream: 'crm', method: 'POST', path: '/x' } },
        ask: { ...action, llm: { instructions: 'Be brief.' } },
        both: { ...action, composite: { steps: [{ id: 'one', action: 'ask', payload: {} }] } },
      },
    });
    expect(parsed.payload).toEqual({ maxBytes: 10, maxDepth: 32 });
    expect(parsed.upstreams['crm']).toEqual({ baseUrl: 'https://crm.example', headers: {}, timeoutMs: 10_000 });
    expect(parsed.actions['call']?.http?.effect).toBe('keyed');
    expect(parsed.actions['ask']?.llm).toMatchObject({ maxOutputTokens: 1_000, maxCostUsd: 0.1 });
    expect(parsed.actions['both']?.composite?.steps[0]).toMatchObject({ needs: [], onFailure: 'stop' });
  });

  it.each<[string, Partial<Record<keyof PolicyInput, unknown>>, string]>([
    ['a source of an unknown role', { sources: { stripe: { role: 'ghost' } } }, 'sources.stripe.role'],
    [
      'an unknown upstream',
      { actions: { call: { ...action, http: { upstream: 'crm', method: 'GET', path: '/' } } } },
      'actions.call.http.upstream',
    ],
    [
      'a step of an unknown action',
      { actions: { both: { ...action, composite: { steps: [{ id: 'one', action: 'ghost', payload: {} }] } } } },
      'actions.both.composite',
    ],
  ])('refuses %s, and says where', (_name, more, path) => {
    const parsed = policyDocument.safeParse({ ...minimal, ...more });
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it('names what is missing, all of it at once', () => {
    const parsed = policyDocument.safeParse({
      ...minimal,
      sources: { a: { role: 'ghost' }, b: { role: 'spook' }, c: { role: 'ops' } },
    });
    expect(parsed.error?.issues.map((issue) => issue.message)).toEqual([
      "role 'ghost' is not defined",
      "role 'spook' is not defined",
    ]);
  });

  it.each<[string, unknown]>([
    ['no document', null],
    ['another version', { ...minimal, version: 2 }],
    ['no contexts', { ...minimal, contexts: [] }],
    ['no roles', { ...minimal, roles: undefined }],
    ['a misspelt switch', { ...minimal, killswitch: true }],
    ['text for a switch', { ...minimal, killSwitch: 'false' }],
    ['a misspelt field of a role', { ...minimal, roles: { ops: { permission: ['keys:admin'] } } }],
    ['a permission that does not exist', { ...minimal, roles: { ops: { permissions: ['root'] } } }],
    ['a grant of nothing', { ...minimal, roles: { ops: { allow: [{ actions: [], contexts: ['*'] }] } } }],
    ['a role name in capitals', { ...minimal, roles: { Ops: {} } }],
    ['a role name of the prototype', { ...minimal, roles: JSON.parse('{"__proto__x": {}}') }],
    ['a limit of nothing', { ...minimal, limits: { perMinute: 0 } }],
    ['half a request', { ...minimal, limits: { perDay: 1.5 } }],
    ['an action without an executor', { ...minimal, actions: { echo: { ...action, executors: [] } } }],
    ['an action of no time', { ...minimal, actions: { echo: { ...action, timeoutMs: 0 } } }],
    ['an action over fifteen minutes', { ...minimal, actions: { echo: { ...action, timeoutMs: 900_001 } } }],
    ['eleven retries', { ...minimal, actions: { echo: { ...action, retryDelaysMs: Array(11).fill(1) } } }],
    ['an upstream that is a file', { ...minimal, upstreams: { crm: { baseUrl: 'file:///etc/passwd' } } }],
    [
      'a relative path',
      { ...minimal, upstreams, actions: { c: { ...action, http: { upstream: 'crm', method: 'GET', path: 'x' } } } },
    ],
    [
      'a method that is none',
      { ...minimal, upstreams, actions: { c: { ...action, http: { upstream: 'crm', method: 'get', path: '/' } } } },
    ],
    ['a composite of no steps', { ...minimal, actions: { c: { ...action, composite: { steps: [] } } } }],
  ])('refuses %s', (_name, document) => {
    expect(policyDocument.safeParse(document).success).toBe(false);
  });
});

describe('matchesPattern', () => {
  it.each([
    ['*', 'anything', true],
    ['*', '', true],
    ['team-*', 'team-a', true],
    ['team-*', 'team-', true],
    ['team-*', 'team', false],
    ['team-*', 'my-team-a', false],
    ['demo', 'demo', true],
    ['demo', 'demo2', false],
    ['demo', 'Demo', false],
    ['de.o', 'demo', false],
    ['*-a', 'team-a', false],
    ['', '', true],
    ['', 'demo', false],
  ])('%j matches %j: %s', (pattern, value, expected) => {
    expect(matchesPattern(pattern, value)).toBe(expected);
  });
});
