import type { Template } from '@techno/contracts';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { htmlValue, whatsappValue } from './escape.ts';
import { LONGEST, render, renderDigest, renderText, variablesOf } from './render.ts';

const template: Template = {
  default_locale: 'en',
  locales: {
    en: {
      subject: 'For {{ name }}',
      text: 'Hello {{ name }}{% if note %} ({{ note }}){% endif %}',
      html: '<p title="{{ name }}">Hello {{ name }}</p>',
      whatsapp: 'Hello *{{ name }}*',
    },
    'pt-BR': { subject: 'Para {{ name }}', text: 'Olá {{ name }}' },
  },
};

it('speaks the locale, its language elsewhere, or the default', () => {
  const of = (locale: string) => render(template, locale, 'sms', { name: 'Ana' });
  expect(of('pt-BR')).toMatchObject({ locale: 'pt-BR', text: 'Olá Ana' });
  expect(of('pt-PT')).toMatchObject({ locale: 'pt-BR' });
  expect(of('en-GB')).toMatchObject({ locale: 'en', text: 'Hello Ana' });
  expect(of('fi')).toMatchObject({ locale: 'en' });
});

it('has words for each channel: subject and HTML only where they belong', () => {
  const of = (channel: Parameters<typeof render>[2]) => render(template, 'en', channel, { name: 'Ana' });
  expect(of('email')).toMatchObject({ subject: 'For Ana', html: '<p title="Ana">Hello Ana</p>' });
  expect(of('whatsapp')).toMatchObject({ subject: undefined, html: undefined, text: 'Hello *Ana*' });
  expect(of('webhook')).toMatchObject({ subject: 'For Ana', text: 'Hello Ana' });
});

it('is refused whole where a variable is missing, and may ask for what is not there', () => {
  expect(() => render(template, 'en', 'email', {})).toThrow(
    expect.objectContaining({ code: 'TEMPLATE_VARIABLE_MISSING', message: "the data lacks 'name'" }),
  );
  expect(render(template, 'en', 'sms', { name: 'Ana', note: 'new' }).text).toBe('Hello Ana (new)');
});

it('reaches nothing but the data: no prototype, no file, no endless loop', () => {
  const of = (text: string) => () => render({ default_locale: 'en', locales: { en: { text } } }, 'en', 'sms', { list: [1] });
  expect(of('{{ list.constructor }}')).toThrow(expect.objectContaining({ code: 'TEMPLATE_VARIABLE_MISSING' }));
  expect(of('{{ __proto__ }}')).toThrow(expect.objectContaining({ code: 'TEMPLATE_VARIABLE_MISSING' }));
  expect(of("{% include '/etc/passwd' %}")).toThrow(expect.objectContaining({ code: 'TEMPLATE_RENDER_FAILED' }));
  expect(of('{% for i in (1..100000000) %}x{% endfor %}')).toThrow(expect.objectContaining({ code: 'TEMPLATE_RENDER_FAILED' }));
});

it('says where words cannot be read, and which names they use', () => {
  expect(variablesOf(template)).toEqual(['name', 'note']);
  expect(() => variablesOf({ default_locale: 'en', locales: { en: { text: '{% if %}' } } })).toThrow(
    expect.objectContaining({ code: 'TEMPLATE_SYNTAX', message: expect.stringContaining('en.text') }),
  );
});

it('refuses what a channel does not bear, and what says nothing', () => {
  expect(() => renderText({ body: 'x'.repeat(LONGEST.sms + 1) }, 'sms')).toThrow(
    expect.objectContaining({ code: 'NOTIFICATION_TOO_LONG' }),
  );
  expect(renderText({ body: 'x'.repeat(LONGEST.sms) }, 'sms').text).toHaveLength(LONGEST.sms);
  expect(() => renderText({ body: ' \n ' }, 'sms')).toThrow(expect.objectContaining({ code: 'NOTIFICATION_EMPTY' }));
});

describe('data are data', () => {
  // Each would be something else in its place if it came through as it is.
  const hostile = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '&lt;b&gt;',
    'a\r\nBcc: all@example.org',
    'a\nSubject: other',
    '\u0000\u0008\u001b[31m',
    '\u202egpj.exe',
    '{{ 7 | times: 7 }}',
    '{% raw %}',
    '*bold* _italic_ ~struck~ ```code```',
    '> quote\n* list\n- list',
  ];

  test.each(hostile)('%j in HTML', (name) => {
    const { html = '', subject = '' } = render(template, 'en', 'email', { name });
    const inside = html.slice('<p title="'.length, -'</p>'.length);
    expect(inside.replace('">Hello ', '')).not.toMatch(/[<>"'`]/);
    expect(html).not.toContain('49');
    // eslint-disable-next-line no-control-regex
    expect(subject).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('let no filter through that would undo it', () => {
    const raw: Template = { default_locale: 'en', locales: { en: { text: 'x', html: '{{ name | raw }}' } } };
    expect(render(raw, 'en', 'email', { name: '<b>' }).html).toBe('&#60;b&#62;');
  });

  it('in HTML hold no character that could leave their place', () => {
    const text = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(text, (value) => {
        expect(htmlValue(value)).not.toMatch(/[<>"'`]/);
      }),
    );
  });

  it('in WhatsApp start or end no markup', () => {
    // What WhatsApp reads as markup: a mark at the edge of a word; a quote or list at the start of a line; backticks anywhere.
    const markup = /(?:^|[^\p{L}\p{N}/_~*])[*_~]|[*_~](?![\p{L}\p{N}/_~*])|^\s*[>*-]\s|`/mu;
    const text = fc.string({ unit: fc.constantFrom('*', '_', '~', '`', '>', '-', 'a', '1', ' ', '\n', '.', '/') });
    fc.assert(
      fc.property(text, (value) => {
        expect(whatsappValue(value)).not.toMatch(markup);
      }),
    );
    expect(whatsappValue('snake_case_name https://example.org/~me/a_b')).toBe('snake_case_name https://example.org/~me/a_b');
  });
});

it('collects several messages into one that the channel bears, and says how many are left out', () => {
  const part = (text: string) => ({ subject: undefined, text, html: undefined });
  expect(renderDigest([part('one')], 'sms').text).toBe('one');
  expect(renderDigest([part('one'), part('two')], 'sms').text).toBe('one\n\ntwo');
  const many = renderDigest(
    Array.from({ length: 100 }, (_, index) => part(`${index} ${'x'.repeat(50)}`)),
    'sms',
  ).text;
  expect(many.length).toBeLessThanOrEqual(LONGEST.sms);
  expect(many).toMatch(/^0 x/);
  expect(many).toMatch(/\(\+\d+\)$/);
});
