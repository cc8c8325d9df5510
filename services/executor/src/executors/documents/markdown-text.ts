import { Marked } from 'marked';
import { htmlText } from './html-text.ts';

const marked = new Marked({ gfm: true, async: false });

/** YAML between two lines of dashes at the very top: about the document, not of it. */
const FRONT_MATTER = /^---\r?\n[\s\S]*?\r?\n---\r?\n/;

/** The text of Markdown, by way of the HTML it stands for, so that HTML inside it is treated as what it is. */
export function markdownText(markdown: string): string {
  return htmlText(`<body>${marked.parse(markdown.replace(FRONT_MATTER, ''), { async: false })}</body>`);
}
