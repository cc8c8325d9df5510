import { compile } from 'html-to-text';

/**
 * Not content, or content that a reader does not see: what is hidden on the page is where instructions to a model like to hide.
 */
const DROPPED = [
  'script',
  'style',
  'noscript',
  'template',
  'nav',
  'body > header',
  'footer',
  'aside',
  'form',
  'button',
  'select',
  'textarea',
  'dialog',
  'iframe',
  'object',
  'svg',
  'img',
  '[role="navigation"]',
  '[role="banner"]',
  '[role="contentinfo"]',
  '[role="complementary"]',
  '[role="search"]',
  '[aria-hidden="true"]',
  '[hidden]',
  '[style*="display:none"]',
  '[style*="display: none"]',
  '[style*="visibility:hidden"]',
  '[style*="visibility: hidden"]',
];

/** Deeper than any page that people write; each level is a level of recursion. */
const MAX_DEPTH = 200;

const APART = { leadingLineBreaks: 2, trailingLineBreaks: 2 };
const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];

function converter(bases: string[]) {
  return compile({
    wordwrap: false,
    baseElements: { selectors: bases, orderBy: 'occurrence' },
    limits: { maxDepth: MAX_DEPTH, ellipsis: '' },
    selectors: [
      { selector: 'a', options: { ignoreHref: true } },
      // Every item and every row is a block of its own: its end is the end of a sentence.
      ...['ul', 'ol', 'li', 'table', 'tr'].map((selector) => ({ selector, format: 'block', options: APART })),
      ...['td', 'th'].map((selector) => ({
        selector,
        format: 'block',
        options: { leadingLineBreaks: 1, trailingLineBreaks: 1 },
      })),
      ...HEADINGS.map((selector) => ({ selector, options: { uppercase: false } })),
      { selector: 'blockquote', format: 'block', options: APART },
      ...DROPPED.map((selector) => ({ selector, format: 'skip' })),
    ],
  });
}

const mainPart = converter(['main', '[role="main"]', 'article']);
const wholeBody = converter(['body']);

/** Below this many characters the marked-up main part is taken for a shell, and the whole body is read. */
const SHORTEST_MAIN = 200;

/** What a reader of the page would read: its main part where it marks one, blocks apart by blank lines. */
export function htmlText(html: string): string {
  if (/<(main|article)[\s>]|role\s*=\s*["']?main/i.test(html)) {
    const text = mainPart(html);
    if (text.length >= SHORTEST_MAIN) return text;
  }
  return wholeBody(html);
}
