import { deflateSync } from 'node:zlib';
import { TechnoError } from '@techno/kernel';
import { describe, expect, it } from 'vitest';
import type { DigestTask } from './digest.ts';
import { documentReader, type DocumentReaderOptions } from './document-thread.ts';
import type { MediaType } from './media-type.ts';
import { samplePdf } from './sample-pdf.fixture.ts';

const never = new AbortController().signal;
const taskOf = (content: string | Buffer, mediaType: MediaType): DigestTask => ({
  source: { bytes: new Uint8Array(Buffer.from(content)), type: { mediaType, charset: undefined } },
  maxPoints: 3,
});
const read = (task: DigestTask, options: DocumentReaderOptions = {}) => documentReader(options)(task, never);

describe('a document', () => {
  it.each<[MediaType, string | Buffer]>([
    ['text/plain', 'The bridge opened on Monday.'],
    ['text/markdown', '# The bridge *opened* on Monday.'],
    ['text/html', '<nav>Menu</nav><p>The bridge opened on Monday.'],
    ['application/pdf', samplePdf([['The bridge opened on Monday.']])],
  ])('of %s is read and summarised in a thread', async (mediaType, content) => {
    expect(await read(taskOf(content, mediaType))).toStrictEqual({
      text: 'The bridge opened on Monday.',
      words: 5,
      language: 'en',
      extract: { summary: 'The bridge opened on Monday.', keyPoints: ['The bridge opened on Monday.'], confidence: 1 },
    });
  });

  it('is not summarised where something else will', async () => {
    expect((await read({ source: { text: 'word '.repeat(4_000) }, maxPoints: undefined })).extract).toBeUndefined();
  });

  it.each<[string, DigestTask, string]>([
    ['nothing but a menu', taskOf('<nav>Menu</nav>', 'text/html'), 'DOCUMENT_EMPTY'],
    ['no text', { source: { text: ' \n ' }, maxPoints: 3 }, 'DOCUMENT_EMPTY'],
    ['a broken PDF', taskOf('%PDF-1.7 nothing', 'application/pdf'), 'DOCUMENT_UNSUPPORTED'],
  ])('with %s says so by its code', async (_name, task, code) => {
    await expect(read(task)).rejects.toMatchObject({ name: 'TerminalError', code });
  });
});

describe('a hostile document', () => {
  // Seconds of parsing in any parser that keeps a stack of open elements.
  const deep = taskOf('<div>'.repeat(400_000), 'text/html');

  it('is given up when its time is over, and the event loop goes on meanwhile', async () => {
    let turns = 0;
    const counter = setInterval(() => turns++, 10);
    try {
      await expect(read(deep, { timeLimitMs: 1_000 })).rejects.toMatchObject({ code: 'DOCUMENT_TOO_COMPLEX' });
    } finally {
      clearInterval(counter);
    }
    // 100 turns fit into that second; a blocked loop would have had one or two.
    expect(turns).toBeGreaterThan(10);
  });

  it('cannot take more heap than its thread has', async () => {
    const wide = taskOf('<p>x</p>'.repeat(500_000), 'text/html');
    await expect(read(wide, { heapMib: 24 })).rejects.toMatchObject({ code: 'DOCUMENT_TOO_COMPLEX' });
  });

  it('cannot take more memory than the process gives it: a PDF that inflates without end', async () => {
    const bomb = deflateSync(Buffer.alloc(300_000_000, '(a) Tj '), { level: 9 });
    const pdf = samplePdf([['x']], { data: bomb, filter: '/FlateDecode' });
    await expect(read(taskOf(pdf, 'application/pdf'), { growthMib: 64 })).rejects.toMatchObject({ code: 'DOCUMENT_TOO_COMPLEX' });
  });

  it('gives its place back to the one that waits', async () => {
    const reader = documentReader({ timeLimitMs: 5_000, threads: 1 });
    const hostile = reader(deep, never);
    const waiting = reader(taskOf('The bridge opened on Monday.', 'text/plain'), never);
    await expect(hostile).rejects.toMatchObject({ code: 'DOCUMENT_TOO_COMPLEX' });
    await expect(waiting).resolves.toMatchObject({ words: 5 });
  });

  it('ends at once when aborted, running or still waiting for its turn', async () => {
    const reader = documentReader({ threads: 1 });
    const controller = new AbortController();
    const both = [reader(deep, controller.signal), reader(deep, controller.signal)];
    controller.abort(new TechnoError('TIME_IS_UP'));
    for (const run of both) await expect(run).rejects.toMatchObject({ code: 'TIME_IS_UP' });
  });
});
