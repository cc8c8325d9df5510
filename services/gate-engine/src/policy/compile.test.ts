import { policyDocument, type PolicyInput } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { compilePolicy, isCompiledPolicy, parsePolicy } from './compile.ts';
import { PolicyError } from './policy-error.ts';

const action = { payload: { type: 'object' }, result: {}, executors: ['e1'] };
const document = (change: Partial<PolicyInput> = {}): PolicyInput => ({
  version: 1,
  contexts: ['default'],
  roles: { r: { allow: [{ actions: ['a'], contexts: ['*'] }] } },
  actions: { a: action },
  ...change,
});
const steps = (...list: { id: string; action?: string; needs?: string[] }[]) => ({
  a: action,
  c: { ...action, composite: { steps: list.map((step) => ({ action: 'a', payload: {}, ...step })) } },
});

describe('compilePolicy', () => {
  it('answers what the gates ask', () => {
    const policy = compilePolicy(policyDocument.parse(document()), 3);
    expect(policy.revision).toBe(3);
    expect(policy.allows('r', 'a', 'default')).toBe(true);
    expect(policy.allows('other', 'a', 'default')).toBe(false);
    expect(policy.actions.get('a')?.checkPayload({})).toBeUndefined();
    expect(policy.actions.get('a')?.checkPayload('x')).toBe('payload must be object');
  });

  it('marks its own work', () => {
    const policy = compilePolicy(policyDocument.parse(document()), 1);
    expect(isCompiledPolicy(policy)).toBe(true);
    expect(isCompiledPolicy({ ...policy })).toBe(false);
    expect(Object.isFrozen(policy)).toBe(true);
  });

  it('compiles a schema once, however many revisions have it', () => {
    const of = (payload: Record<string, unknown>, revision: number) =>
      compilePolicy(policyDocument.parse(document({ actions: { a: { ...action, payload } } })), revision).actions.get('a')
        ?.checkPayload;
    const first = of({ type: 'object', required: ['x'] }, 1);
    expect(of({ type: 'object', required: ['x'] }, 2)).toBe(first);
    expect(of({ type: 'object', required: ['y'] }, 3)?.({ x: 1 })).toContain("'y'");
    // What has a name may mean something else in the next revision: whoever refers to it is compiled with it.
    const named = { $id: 'https://x/payload', type: 'object' };
    expect(of(named, 4)).not.toBe(of(named, 5));
  });

  it('throws POLICY_INVALID for a schema that cannot be compiled', () => {
    const bad = policyDocument.parse(document({ actions: { a: { ...action, payload: { type: 'nonsense' } } } }));
    expect(() => compilePolicy(bad, 1)).toThrow(PolicyError);
    expect(() => compilePolicy(bad, 1)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
  });
});

describe('parsePolicy', () => {
  it('gives the document with its defaults', () => {
    expect(parsePolicy(document())).toMatchObject({ ok: true, document: { killSwitch: false, payload: { maxDepth: 32 } } });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['nothing', undefined, '', /./],
    ['a string', 'policy', '', /./],
    ['an unknown key', { ...document(), extra: 1 }, '', /extra/],
    ['no executor', document({ actions: { a: { ...action, executors: [] } } }), '/actions/a/executors', /./],
    ['a bad payload schema', document({ actions: { a: { ...action, payload: { type: 'x' } } } }), '/actions/a/payload', /type/],
    [
      'a bad result schema',
      document({ actions: { a: { ...action, result: { minimum: 'x' } } } }),
      '/actions/a/result',
      /minimum/,
    ],
    [
      'an unknown keyword',
      document({ actions: { a: { ...action, payload: { tpye: 'object' } } } }),
      '/actions/a/payload',
      /tpye/,
    ],
    [
      'an unknown format',
      document({ actions: { a: { ...action, payload: { type: 'string', format: 'moon' } } } }),
      '/actions/a/payload',
      /moon/,
    ],
    [
      'a bad pattern',
      document({ actions: { a: { ...action, payload: { type: 'string', pattern: '(' } } } }),
      '/actions/a/payload',
      /./,
    ],
    [
      'an asynchronous schema',
      document({ actions: { a: { ...action, payload: { $async: true } } } }),
      '/actions/a/payload',
      /async/,
    ],
    [
      'a reference elsewhere',
      document({ actions: { a: { ...action, payload: { $ref: 'https://example.org/s' } } } }),
      '/actions/a/payload',
      /resolve/,
    ],
    [
      'a grant of nothing',
      document({ roles: { r: { allow: [{ actions: ['b'], contexts: ['*'] }] } } }),
      '/roles/r/allow/0/actions',
      /'b'/,
    ],
    ['a source without role', document({ sources: { s: { role: 'ghost' } } }), '/sources/s/role', /ghost/],
    [
      'a source whose role is a property of objects',
      document({ sources: { s: { role: 'constructor' } } }),
      '/sources/s/role',
      /constructor/,
    ],
    ['two steps of one name', document({ actions: steps({ id: 'x' }, { id: 'x' }) }), '/actions/c/composite/steps/1', /exists/],
    ['a need nobody meets', document({ actions: steps({ id: 'x', needs: ['y'] }) }), '/actions/c/composite/steps/0', /'y'/],
    [
      'steps that wait for each other',
      document({ actions: steps({ id: 'x', needs: ['y'] }, { id: 'y', needs: ['x'] }) }),
      '/actions/c/composite/steps/0',
      /itself/,
    ],
    ['a composite of itself', document({ actions: steps({ id: 'x', action: 'c' }) }), '/actions/c/composite', /itself/],
  ])('refuses %s', (_name, input, path, message) => {
    const parsed = parsePolicy(input);
    expect(parsed.ok ? [] : parsed.issues).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  it('lets steps share a need', () => {
    const parsed = parsePolicy(
      document({ actions: steps({ id: 'x' }, { id: 'y', needs: ['x'] }, { id: 'z', needs: ['x', 'y'] }) }),
    );
    expect(parsed).toMatchObject({ ok: true });
  });
});
