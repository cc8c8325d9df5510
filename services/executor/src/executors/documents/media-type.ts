import { MIMEType } from 'node:util';
import { TerminalError } from '@techno/kernel';

export type MediaType = 'text/html' | 'application/pdf' | 'text/markdown' | 'text/plain';

export interface DetectedType {
  readonly mediaType: MediaType;
  /** As declared; undefined where the document has to say it itself. */
  readonly charset: string | undefined;
}

const DECLARED: Readonly<Record<string, MediaType>> = {
  'text/html': 'text/html',
  'application/xhtml+xml': 'text/html',
  'application/pdf': 'application/pdf',
  'application/x-pdf': 'application/pdf',
  'text/markdown': 'text/markdown',
  'text/x-markdown': 'text/markdown',
  'text/plain': 'text/plain',
};

/** Declared as anything, or not at all: the bytes decide. */
const SAYS_NOTHING = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'application/x-download']);

/**
 * What a document is. The bytes win where they are sure (a PDF's header, as MIME sniffing has it), then the declared type, then
 * the name in the URL. Throws a TerminalError DOCUMENT_UNSUPPORTED for everything that is not one of the four.
 */
export function detectMediaType(bytes: Uint8Array, contentType: string | undefined, url: string | undefined): DetectedType {
  const { essence, charset } = parsed(contentType);
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024)).toString('latin1');
  if (head.includes('%PDF-')) return { mediaType: 'application/pdf', charset: undefined };

  const known = SAYS_NOTHING.has(essence) ? undefined : DECLARED[essence];
  if (known === undefined && !SAYS_NOTHING.has(essence)) {
    throw new TerminalError('DOCUMENT_UNSUPPORTED', `documents of the type '${essence}' cannot be read`);
  }
  if (known === 'application/pdf' || isBinary(head, charset)) {
    throw new TerminalError('DOCUMENT_UNSUPPORTED', 'the document is not what it says it is, or is binary');
  }
  // Markdown is mostly served as plain text, or as nothing at all.
  if (known !== 'text/html' && isMarkdownName(url)) return { mediaType: 'text/markdown', charset };
  if (known !== undefined) return { mediaType: known, charset };
  return { mediaType: looksLikeHtml(head) ? 'text/html' : 'text/plain', charset };
}

function parsed(contentType: string | undefined): { essence: string; charset: string | undefined } {
  if (contentType === undefined || contentType.trim() === '') return { essence: '', charset: undefined };
  try {
    const type = new MIMEType(contentType);
    return { essence: type.essence, charset: type.params.get('charset') ?? undefined };
  } catch {
    return { essence: contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '', charset: undefined };
  }
}

function looksLikeHtml(head: string): boolean {
  return /^(\u00ef\u00bb\u00bf)?\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|title|h1|article|main|div|p)[\s>]/is.test(head);
}

function isMarkdownName(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && /\.(md|markdown|mdown)$/i.test(new URL(url).pathname);
}

/** NUL bytes are in no text but UTF-16 and UTF-32, which say so by a mark or by the declared charset. */
function isBinary(head: string, charset: string | undefined): boolean {
  const marked = head.startsWith('\u00ff\u00fe') || head.startsWith('\u00fe\u00ff') || /^utf-?(16|32)/i.test(charset ?? '');
  return !marked && head.includes('\u0000');
}
