import { expect, it } from 'vitest';
import { detectMediaType } from './media-type.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

it.each<[string, string | undefined, string, string | undefined, string, string | undefined]>([
  ['a declared type', 'text/html; charset="ISO-8859-1"', '<p>hi', undefined, 'text/html', 'ISO-8859-1'],
  ['XHTML', 'application/xhtml+xml', '<html>', undefined, 'text/html', undefined],
  ['plain text', 'text/plain', 'hi', 'http://x/a.txt', 'text/plain', undefined],
  ['Markdown by type', 'text/markdown; charset=utf-8', '# hi', undefined, 'text/markdown', 'utf-8'],
  ['Markdown by name', 'text/plain; charset=utf-8', '# hi', 'http://x/README.md?raw=1', 'text/markdown', 'utf-8'],
  ['a PDF that says so', 'application/pdf', '%PDF-1.7', undefined, 'application/pdf', undefined],
  ['a PDF that says otherwise', 'text/plain', '\n%PDF-1.7', undefined, 'application/pdf', undefined],
  ['an unnamed page', undefined, '\u00ef\u00bb\u00bf <!-- x -->\n<!DOCTYPE html><p>', undefined, 'text/html', undefined],
  ['unnamed bytes of text', 'application/octet-stream', 'hello', undefined, 'text/plain', undefined],
  ['a type nobody can parse', 'text/plain;;;', 'hello', undefined, 'text/plain', undefined],
  ['UTF-16', 'text/plain', '\u00ff\u00feh\u0000i\u0000', undefined, 'text/plain', undefined],
])('%s is known', (_name, contentType, head, url, mediaType, charset) => {
  expect(detectMediaType(bytes(head), contentType, url)).toStrictEqual({ mediaType, charset });
});

it.each([
  ['an image', 'image/png', '\u0089PNG'],
  ['JSON', 'application/json', '{}'],
  ['a ZIP without a type', undefined, 'PK\u0003\u0004\u0000\u0000'],
  ['binary that says it is text', 'text/plain', 'ab\u0000\u0001'],
  ['a PDF that is none', 'application/pdf', '<html>'],
])('%s is not supported', (_name, contentType, head) => {
  expect(() => detectMediaType(bytes(head), contentType, undefined)).toThrow(
    expect.objectContaining({ code: 'DOCUMENT_UNSUPPORTED' }),
  );
});
