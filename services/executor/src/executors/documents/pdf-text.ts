import { TerminalError } from '@techno/kernel';

export interface PdfLimits {
  readonly maxPages: number;
  readonly maxChars: number;
}

/**
 * The text of a PDF, pages apart by blank lines. Throws a TerminalError DOCUMENT_UNSUPPORTED where it is broken or asks for a
 * password.
 */
export async function pdfText(bytes: Uint8Array, limits: PdfLimits): Promise<string> {
  // 2 MB of code that only PDFs need.
  const { getDocumentProxy } = await import('unpdf');
  const document = await getDocumentProxy(bytes, {
    verbosity: 0,
    stopAtErrors: false,
    maxImageSize: 1,
    useWorkerFetch: false,
  }).catch((error: unknown) => {
    // The parser's message may quote the document.
    const why = error instanceof Error && error.name === 'PasswordException' ? 'asks for a password' : 'cannot be read';
    throw new TerminalError('DOCUMENT_UNSUPPORTED', `the PDF ${why}`);
  });
  try {
    const pages: string[] = [];
    let chars = 0;
    for (let number = 1; number <= Math.min(document.numPages, limits.maxPages) && chars < limits.maxChars; number++) {
      const page = await document.getPage(number);
      const { items } = await page.getTextContent();
      const text = pageText(items.filter((item) => 'str' in item));
      pages.push(withoutHyphenation(text));
      chars += text.length;
      page.cleanup();
    }
    return pages.join('\n\n');
  } finally {
    await document.loadingTask.destroy();
  }
}

interface TextItem {
  readonly str: string;
  readonly hasEOL: boolean;
  /** Font size in page units. */
  readonly height: number;
  /** The last of the six is the height of the base line on the page. */
  readonly transform: readonly number[];
}

/** A PDF knows lines, not paragraphs: a wide gap or another font size between two lines stands for a blank one. */
function pageText(items: readonly TextItem[]): string {
  let text = '';
  let line: { y: number; height: number } | undefined;
  for (const item of items) {
    const y = item.transform[5] ?? 0;
    if (item.str.trim() !== '') {
      const { height } = item;
      if (line !== undefined && line.y !== y) {
        const tallest = Math.max(height, line.height);
        if (line.y - y > 1.8 * tallest || Math.abs(height - line.height) > 0.2 * tallest) text += '\n\n';
      }
      line = { y, height };
    }
    text += item.str + (item.hasEOL ? '\n' : '');
  }
  return text;
}

/** A word cut at the end of a line is one word again. */
function withoutHyphenation(text: string): string {
  return text.replace(/(\p{Ll})-\n(\p{Ll})/gu, '$1$2');
}
