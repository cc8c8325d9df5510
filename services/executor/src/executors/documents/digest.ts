import { TerminalError } from '@techno/kernel';
import { decodeText } from './decode-text.ts';
import { type Extract, extractSummary } from './extract-summary.ts';
import { htmlText } from './html-text.ts';
import { markdownText } from './markdown-text.ts';
import type { DetectedType } from './media-type.ts';
import { pdfText } from './pdf-text.ts';
import { type Language, languageOf, wordsOf } from './words.ts';

/** A document to be read: its bytes as fetched, or a text as given. */
export type DocumentSource = { readonly text: string } | { readonly bytes: Uint8Array; readonly type: DetectedType };

export interface DigestTask {
  readonly source: DocumentSource;
  /** How many key points to extract; undefined where something else summarises. */
  readonly maxPoints: number | undefined;
}

export interface Digest {
  readonly text: string;
  readonly words: number;
  readonly language: Language;
  readonly extract: Extract | undefined;
}

/** About 200 pages; what comes after is not read. */
const MAX_CHARS = 600_000;
const MAX_PAGES = 300;

/**
 * Reads a document and, where asked to, summarises it. Synchronous for as long as the document is complicated, which is why it
 * runs in a thread (document-thread.ts). Throws the TerminalErrors DOCUMENT_EMPTY and DOCUMENT_UNSUPPORTED.
 */
export async function digest(task: DigestTask): Promise<Digest> {
  const text = (await textOf(task.source)).slice(0, MAX_CHARS).toWellFormed().trim();
  const words = wordsOf(text);
  if (words.length === 0) throw new TerminalError('DOCUMENT_EMPTY', 'there is no text in the document');
  const language = languageOf(words);
  const extract = task.maxPoints === undefined ? undefined : extractSummary(text, language, task.maxPoints);
  return { text, words: words.length, language, extract };
}

async function textOf(source: DocumentSource): Promise<string> {
  if ('text' in source) return source.text;
  const { bytes, type } = source;
  switch (type.mediaType) {
    case 'application/pdf':
      return await pdfText(bytes, { maxPages: MAX_PAGES, maxChars: MAX_CHARS });
    case 'text/html':
      return htmlText(decodeText(bytes, type.charset, true));
    case 'text/markdown':
      return markdownText(decodeText(bytes, type.charset, false));
    case 'text/plain':
      return decodeText(bytes, type.charset, false);
  }
}
