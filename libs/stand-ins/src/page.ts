import type { CaughtMail } from './mail-catcher.ts';
import type { TakenMessage } from './messages.ts';

/** Everything that arrived, newest first, on a page that reloads itself. Nothing of a message runs there. */
export function page(mails: readonly CaughtMail[], messages: readonly TakenMessage[]): string {
  const rows = [
    ...mails.map((mail) => ({ at: mail.at, channel: 'email', to: mail.to.join(', '), head: mail.subject, body: mail.text })),
    ...messages.map((message) => ({
      at: message.at,
      channel: `${message.channel} (${message.provider})`,
      to: message.to,
      head: '',
      body: message.text,
    })),
  ].toSorted((a, b) => b.at.localeCompare(a.at));
  const list = rows
    .slice(0, 500)
    .map(
      ({ at, channel, to, head, body }) =>
        `<article><header><time>${escaped(at)}</time> <b>${escaped(channel)}</b> to ${escaped(to)}</header>` +
        `${head === '' ? '' : `<h2>${escaped(head)}</h2>`}<pre>${escaped(body)}</pre></article>`,
    )
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="3"><title>What arrived</title>
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:15px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#222}article{border:1px solid #ddd;border-radius:8px;padding:.6rem 1rem;margin:.8rem 0}
header{color:#666;font-size:13px}h2{font-size:16px;margin:.4rem 0}pre{white-space:pre-wrap;margin:.3rem 0;font:inherit}</style></head>
<body><h1>What arrived (${rows.length})</h1>${list === '' ? '<p>Nothing yet.</p>' : list}</body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
