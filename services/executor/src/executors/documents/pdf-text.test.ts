import { expect, it } from 'vitest';
import { pdfText } from './pdf-text.ts';
import { samplePdf } from './sample-pdf.fixture.ts';

const limits = { maxPages: 10, maxChars: 10_000 };
const read = (pdf: Buffer, more = {}) => pdfText(new Uint8Array(pdf), { ...limits, ...more });

it('gives the text of every page, with words whole again', async () => {
  const pdf = samplePdf([['The bridge carries two lanes and a foot-', 'path (new).'], ['It opened on Monday.']]);
  expect(await read(pdf)).toBe('The bridge carries two lanes and a footpath (new).\n\nIt opened on Monday.');
});

it('stops at its limits', async () => {
  const pdf = samplePdf([['one'], ['two'], ['three']]);
  expect(await read(pdf, { maxPages: 2 })).toBe('one\n\ntwo');
  expect(await read(pdf, { maxChars: 3 })).toBe('one');
});

it('gives no text for pages without any', async () => {
  expect((await read(samplePdf([[]]))).trim()).toBe('');
});

it.each([
  ['cut off', samplePdf([['one']]).subarray(0, 40)],
  ['only a header', Buffer.from('%PDF-1.7\n')],
])('says that a PDF that is %s cannot be read', async (_name, pdf) => {
  await expect(read(pdf)).rejects.toMatchObject({ name: 'TerminalError', code: 'DOCUMENT_UNSUPPORTED' });
});
