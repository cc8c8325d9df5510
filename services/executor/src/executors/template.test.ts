import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referencesIn, renderJson, renderPath, type TemplateScope } from './template.ts';

const scope: TemplateScope = {
  payload: {
    name: 'Ana & Bob',
    count: 3,
    on: true,
    nothing: null,
    list: ['a', { b: 2 }],
    empty: '',
    up: '..',
    dot: '.',
    slash: 'a/b',
    back: 'a\\b',
    line: 'a\r\nb',
    broken: '\ud800',
    encoded: '%2e%2e%2f',
  },
  steps: { fetch: { result: { id: 42 } } },
};

describe('renderJson', () => {
  it.each([
    ['no placeholder', 'no placeholder'],
    ['{{payload.count}}', 3],
    ['{{ payload.on }}', true],
    ['{{payload.nothing}}', null],
    ['{{payload.list}}', ['a', { b: 2 }]],
    ['{{payload.list.1.b}}', 2],
    ['{{steps.fetch.result.id}}', 42],
    ['{{payload.count}} of {{payload.name}}', '3 of Ana & Bob'],
    [
      { a: ['{{payload.count}}'], b: 1 },
      { a: [3], b: 1 },
    ],
    [null, null],
  ])('%j becomes %j', (template, expected) => {
    expect(renderJson(template, scope)).toStrictEqual(expected);
  });

  it.each([
    ['{{payload.missing}}', 'TEMPLATE_VALUE_MISSING'],
    ['{{payload.list.length}}', 'TEMPLATE_VALUE_MISSING'],
    ['{{payload.name.length}}', 'TEMPLATE_VALUE_MISSING'],
    ['{{payload.constructor}}', 'TEMPLATE_VALUE_MISSING'],
    ['{{payload.__proto__}}', 'TEMPLATE_VALUE_MISSING'],
    ['{{payload.toString.name}}', 'TEMPLATE_VALUE_MISSING'],
    ['{{steps.other.result}}', 'TEMPLATE_VALUE_MISSING'],
    ['{{process.env}}', 'TEMPLATE_INVALID'],
    ['{{payload[0]}}', 'TEMPLATE_INVALID'],
    ['{{}}', 'TEMPLATE_INVALID'],
    ['{{payload.name', 'TEMPLATE_INVALID'],
    ['list: {{payload.list}}', 'TEMPLATE_VALUE_INVALID'],
    ['nothing: {{payload.nothing}}', 'TEMPLATE_VALUE_INVALID'],
  ])('%j is %s', (template, code) => {
    expect(() => renderJson(template, scope)).toThrow(expect.objectContaining({ code }));
  });

  it('keeps a value that looks like a template as it is', () => {
    expect(renderJson('>{{payload.a}}', { payload: { a: '{{payload.secret}}', secret: 'x' } })).toBe('>{{payload.secret}}');
  });

  it('gives a copy, so that what is done to it does not reach the payload', () => {
    const payload = { list: [1] };
    const rendered = renderJson('{{payload.list}}', { payload }) as number[];
    rendered.push(2);
    expect(payload).toStrictEqual({ list: [1] });
  });

  it('keeps a key called __proto__ as data', () => {
    const rendered = renderJson(JSON.parse('{"__proto__":{"polluted":"{{payload.count}}"}}'), scope) as { polluted?: unknown };
    expect(rendered.polluted).toBeUndefined();
    expect(JSON.stringify(rendered)).toBe('{"__proto__":{"polluted":3}}');
  });

  it('puts any JSON value in as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(renderJson({ x: '{{payload.v}}' }, { payload: { v: value } }))).toBe(JSON.stringify({ x: value }));
      }),
    );
  });
});

describe('renderPath', () => {
  it.each([
    ['/users/{{payload.count}}', '/users/3'],
    ['/users/{{payload.name}}/x', '/users/Ana%20%26%20Bob/x'],
    ['/users?q={{payload.slash}}&n={{payload.count}}', '/users?q=a%2Fb&n=3'],
    ['/v1.{{payload.dot}}x', '/v1..x'],
    ['/files/{{payload.encoded}}', '/files/%252e%252e%252f'],
    ['/plain', '/plain'],
  ])('%s becomes %s', (template, expected) => {
    expect(renderPath(template, scope)).toBe(expected);
  });

  it.each([
    ['/users/{{payload.up}}/admin'],
    ['/users/{{payload.dot}}'],
    ['/users/.{{payload.dot}}'],
    ['/users/%2E{{payload.dot}}/x'],
    ['/users/{{payload.slash}}'],
    ['/users/{{payload.back}}'],
    ['/users/{{payload.empty}}'],
    ['/users/{{payload.line}}'],
    ['/users/{{payload.broken}}'],
    ['/users/{{payload.list}}'],
    ['/users/{{payload.nothing}}'],
    ['/users?q={{payload.line}}'],
  ])('%s is refused, and the value is not named', (template) => {
    expect(() => renderPath(template, scope)).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_VALUE_INVALID', message: expect.not.stringMatching(/Ana|a\/b|\r/) }),
    );
  });

  it('never lets a value leave its segment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        let path: string;
        try {
          path = renderPath('/root/{{payload.v}}/end', { payload: { v: value } });
        } catch {
          return;
        }
        const { pathname, search, hash } = new URL(`http://host${path}`);
        expect([pathname.split('/').length, search, hash]).toStrictEqual([4, '', '']);
        expect(decodeURIComponent(pathname.split('/')[2] ?? '')).toBe(value);
      }),
    );
  });
});

it('lists what a template reads', () => {
  expect(referencesIn({ a: '{{payload.x}} {{ steps.s.result }}', b: ['{{payload}}', 1] })).toStrictEqual([
    'payload.x',
    'steps.s.result',
    'payload',
  ]);
});
