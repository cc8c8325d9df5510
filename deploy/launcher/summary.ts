import { SAMPLE_DOCUMENT } from './sample-document.ts';
import type { Stack } from './stack-file.ts';

/** One word for a POSIX shell, whatever it holds. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command that works when pasted: a summary of a real document. */
export function sampleCommand(stack: Pick<Stack, 'gateway' | 'apiKey'>): string {
  const body = { action: 'analyze_document', context_id: 'demo', payload: { text: SAMPLE_DOCUMENT } };
  return [
    `curl -sS ${shellQuote(`${stack.gateway}/v1/process`)}`,
    `-H ${shellQuote(`X-API-KEY: ${stack.apiKey}`)}`,
    `-H 'Content-Type: application/json'`,
    `-d ${shellQuote(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}

/** What a person needs first, once everything runs. */
export function summary(stack: Stack, home: string): string {
  const processes = new Map<string, string[]>();
  for (const { service, ops } of stack.processes) processes.set(service, [...(processes.get(service) ?? []), new URL(ops).port]);
  const rows: [string, string][] = [
    ['API', `${stack.gateway}   (docs: ${stack.gateway}/docs)`],
    ['Key', stack.apiKey],
    ['Webhook', `${stack.webhook.url}   (Standard Webhooks; its secret is in stack.json)`],
    ['Messages', `${stack.standIns.url}   (what was sent: e-mail, WhatsApp, SMS)`],
    ['Health', [...processes].map(([service, ports]) => `${service} :${ports.join(',')}`).join('  ')],
    ['NATS', withoutPassword(stack.nats)],
    ['PostgreSQL', withoutPassword(stack.postgres)],
    ['Data', `${home}   (stack.json holds every address and key)`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
  return `\nTechno OS runs. Ctrl-C stops it.\n\n${table}\n\nTry it:\n\n${sampleCommand(stack)}\n`;
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href.replace(/\/$/, '');
}
