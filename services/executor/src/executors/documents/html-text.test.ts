import { describe, expect, it } from 'vitest';
import { htmlText } from './html-text.ts';
import { markdownText } from './markdown-text.ts';

const page = (main: string) => `<!doctype html><html><head><title>Site</title><style>p{color:red}</style></head><body>
  <header>Menu header</header><nav><a href="/">Home</a></nav>${main}
  <aside>Advert</aside><footer>Imprint</footer><script>alert('x')</script></body></html>`;
const article = `<h1>Bridge reopens</h1><p>The old   bridge
  <b>reopened</b> on <a href="https://x.example/">Monday</a>.</p><ul><li>Two lanes</li><li>One path</li></ul>`;

describe('HTML', () => {
  it('gives what a reader reads, in blocks', () => {
    expect(htmlText(page(article))).toBe('Bridge reopens\n\nThe old bridge reopened on Monday.\n\nTwo lanes\n\nOne path');
  });

  it('gives the main part alone, where it marks one that is not a shell', () => {
    const long = `<p>${'The bridge carries two lanes and one path. '.repeat(8)}</p>`;
    const text = htmlText(page(`<div>Breaking news ticker</div><main>${long}<form>Subscribe</form></main>`));
    expect(text).toMatch(/^The bridge carries/);
    expect(text).not.toMatch(/ticker|Subscribe/);
    expect(htmlText(page('<main></main><div>The text is elsewhere.</div>'))).toBe('The text is elsewhere.');
  });

  it.each([
    '<p hidden>x secret</p>',
    '<p style="color:red;display:none">x secret</p>',
    '<p style="visibility: hidden">x secret</p>',
    '<p aria-hidden="true">x secret</p>',
    '<noscript>secret</noscript>',
    '<template>secret</template>',
    '<svg><text>secret</text></svg>',
    '<!-- secret -->',
    '<div role="navigation">secret</div>',
    '<img alt="secret" src="x">',
  ])('does not read %s', (part) => {
    expect(htmlText(`<body><p>Seen.</p>${part}</body>`)).toBe('Seen.');
  });

  it('reads tables row by row', () => {
    const table = '<table><tr><th>Lane</th><th>Width</th></tr><tr><td>Left</td><td>3 m</td></tr></table>';
    expect(htmlText(`<p>Before.</p>${table}<p>After.</p>`)).toBe('Before.\n\nLane\nWidth\n\nLeft\n3 m\n\nAfter.');
  });

  it('reads what is not well-formed', () => {
    expect(htmlText('<p>one<p>two &amp; <b>three</p></i>')).toBe('one\n\ntwo & three');
    expect(htmlText('just words')).toBe('just words');
    expect(htmlText('')).toBe('');
  });
});

describe('Markdown', () => {
  it('gives its text without the marks', () => {
    const markdown =
      '---\ntitle: x\n---\n# Bridge *reopens*\n\nThe [old bridge](https://x.example) `reopened`.\n\n* Two lanes\n* One path\n';
    expect(markdownText(markdown)).toBe('Bridge reopens\n\nThe old bridge reopened.\n\nTwo lanes\n\nOne path');
  });

  it('treats HTML inside as what it is', () => {
    expect(markdownText('Seen.\n\n<script>secret</script>\n\n<p hidden>secret</p>\n')).toBe('Seen.');
  });
});
