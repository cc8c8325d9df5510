import { describe, expect, it } from 'vitest';
import { compilePolicy } from './compile.ts';
import { readFileSync } from 'node:fs';
import { parsePolicy } from './compile.ts';

/** The policy that a development stack starts with; it lives with the launcher that applies it. */
const file = new URL('../../../../deploy/policy/development.json', import.meta.url);

function developmentPolicy() {
  const parsed = parsePolicy(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.document;
}
import { effectiveLimits } from './limits.ts';

const policy = compilePolicy(developmentPolicy(), 1);

it.each<[string, string, string, boolean]>([
  ['admin', 'ask_model', 'default', true],
  ['admin', 'echo', 'team-red', true],
  ['developer', 'echo', 'default', true],
  ['developer', 'analyze_document', 'team-red', true],
  ['developer', 'summarise_and_echo', 'demo', true],
  ['developer', 'ask_model', 'default', false],
  ['restricted', 'echo', 'demo', true],
  ['restricted', 'echo', 'default', false],
  ['restricted', 'analyze_document', 'demo', false],
  ['webhook-demo', 'echo', 'webhooks', true],
  ['webhook-demo', 'analyze_document', 'webhooks', true],
  ['webhook-demo', 'echo', 'default', false],
  ['nobody', 'echo', 'default', false],
])('%s may %s in %s: %s', (role, action, context, may) => {
  expect(policy.allows(role, action, context)).toBe(may);
});

it.each([
  ['default', true],
  ['team-red', true],
  ['webhooks', true],
  ['team', false],
  ['prod', false],
])('knows the context %s: %s', (context, known) => {
  expect(policy.knowsContext(context)).toBe(known);
});

describe('analyze_document takes', () => {
  const check = policy.actions.get('analyze_document')?.checkPayload;
  it.each<[unknown, boolean]>([
    [{ text: 'a' }, true],
    [{ document_url: 'https://example.org/a.pdf' }, true],
    [{ document_url: 'http://example.org/a', max_points: 3, language: 'pt-BR' }, true],
    [{}, false],
    [{ text: 'a', document_url: 'https://example.org' }, false],
    [{ text: '' }, false],
    [{ text: 'x'.repeat(200_001) }, false],
    [{ document_url: 'file:///etc/passwd' }, false],
    [{ document_url: 'javascript:alert(1)' }, false],
    [{ document_url: 'not a url' }, false],
    [{ text: 'a', max_points: 11 }, false],
    [{ text: 'a', max_points: '3' }, false],
    [{ text: 'a', extra: 1 }, false],
  ])('%#', (payload, valid) => {
    expect(check?.(payload) === undefined).toBe(valid);
  });
});

it.each([
  ['developer', {}, { perMinute: 100_000_000, perDay: undefined }],
  ['restricted', {}, { perMinute: 100, perDay: undefined }],
  ['restricted', { perMinute: 5 }, { perMinute: 5, perDay: undefined }],
  ['admin', { perDay: 9 }, { perMinute: 600, perDay: 9 }],
  ['constructor', {}, { perMinute: 600, perDay: undefined }],
])('holds %s with %j to %j', (role, own, limits) => {
  expect(effectiveLimits(policy, role, own)).toEqual(limits);
});

it('refuses what looks like an injection in every action but those whose text goes to people only', () => {
  const lenient = Object.entries(policy.document.actions).filter(([, { promptInjection }]) => promptInjection !== 'deny');
  expect(lenient.map(([name]) => name)).toEqual(['notify', 'record_receipt']);
});
