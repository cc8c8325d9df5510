import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTemplate, templateProblem } from './payload-template.ts';

const BODY = { id: 7, user: { name: 'Ada', tags: ['x', 'y'] }, none: null, no: false, price: '$& {{body.id}}' };

describe('renderTemplate', () => {
  it.each<[string, unknown, unknown]>([
    ['a number keeps its type', { a: '{{body.id}}' }, { a: 7 }],
    ['an object keeps its type', { a: '{{body.user}}' }, { a: BODY.user }],
    ['false and null are values', { a: '{{body.no}}', b: '{{body.none}}' }, { a: false, b: null }],
    ['the whole body', { a: '{{body}}' }, { a: BODY }],
    ['into a list', { a: '{{ body.user.tags.1 }}' }, { a: 'y' }],
    ['within text', { a: 'Order {{body.id}} of {{body.user.name}}: {{body.user.tags}}' }, { a: 'Order 7 of Ada: ["x","y"]' }],
    ['nested', { a: [{ b: '{{body.id}}' }, 1, true, null] }, { a: [{ b: 7 }, 1, true, null] }],
    ['an absent field is left out', { a: '{{body.nope}}', b: 1 }, { b: 1 }],
    ['text around an absent one too', { a: 'x {{body.id}} {{body.nope.more}}', b: 1 }, { b: 1 }],
    ['absent in a list is null', { a: ['{{body.nope}}', 1] }, { a: [null, 1] }],
    [
      'inherited properties are absent',
      { a: '{{body.constructor}}', b: '{{body.user.toString}}', c: '{{body.user.name.length}}' },
      {},
    ],
    ['values are not looked at again', { a: '<{{body.price}}>' }, { a: '<$& {{body.id}}>' }],
  ])('%s', (_name, template, expected) => {
    expect(templateProblem(template)).toBeUndefined();
    expect(renderTemplate(template, BODY)).toEqual(expected);
  });

  it('makes a field named __proto__ a field', () => {
    const rendered = renderTemplate(JSON.parse('{"__proto__": {"admin": "{{body.id}}"}}'), BODY) as object;
    expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
    expect(JSON.stringify(rendered)).toBe('{"__proto__":{"admin":7}}');
  });

  it('leaves a template without placeholders as it is, whatever the body', () => {
    const plain = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('{{'));
    fc.assert(
      fc.property(plain, fc.jsonValue(), (template, body) => {
        expect(JSON.stringify(renderTemplate(template, body))).toBe(JSON.stringify(template));
      }),
    );
  });
});

describe('templateProblem', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 'x' : { a: deep(levels - 1) });
  it.each<[string, unknown]>([
    ['another root', { a: '{{payload.x}}' }],
    ['unclosed', { a: '{{body.x' }],
    ['an expression', { a: '{{body.x | upper}}' }],
    ['an empty step', { a: '{{body..x}}' }],
    ['deep inside', { a: [{ b: 'fine {{body.x}} and {{not}}' }] }],
    ['in a name', { '{{body.x}}': 1 }],
    ['too deep', deep(17)],
  ])('%s', (_name, template) => {
    expect(templateProblem(template)).toEqual(expect.any(String));
  });

  it('allows sixteen levels', () => {
    expect(templateProblem(deep(16))).toBeUndefined();
  });
});
