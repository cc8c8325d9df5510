import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleCommand, shellQuote, summary } from './summary.ts';
import type { Stack } from './stack-file.ts';

test('a shell reads a quoted text as exactly that text', () => {
  // No process argument can hold NUL; many texts at once, because a shell costs milliseconds.
  const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0') && value.isWellFormed());
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 50 }), (texts) => {
      const script = `printf '%s\\0' ${texts.map(shellQuote).join(' ')}`;
      const read = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
      expect(read).toEqual(texts);
    }),
    { numRuns: 20 },
  );
});

test('the sample command sends the document to the gateway, and fits a terminal line buffer', () => {
  const command = sampleCommand({ gateway: 'http://127.0.0.1:8080', apiKey: 'sk_test_x' });
  const args = execFileSync('/bin/sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], { encoding: 'utf8' }).split('\0');
  expect(args).toContain('http://127.0.0.1:8080/v1/process');
  expect(args).toContain('X-API-KEY: sk_test_x');
  const body = JSON.parse(args[args.indexOf('-d') + 1] ?? '') as { action: string; payload: { text: string } };
  expect(body).toMatchObject({ action: 'analyze_document', context_id: 'demo' });
  expect(body.payload.text).toMatch(/^When on board HMS Beagle[\s\S]*After five years' work/);
  // A terminal in canonical mode takes 4095 bytes a line (termios(3)).
  for (const line of command.split('\n')) expect(Buffer.byteLength(line)).toBeLessThan(4_000);
});

test('the table shows addresses and the key, and no password', () => {
  const stack: Stack = {
    gateway: 'http://127.0.0.1:8080',
    nats: 'nats://techno:hidden@127.0.0.1:4222',
    postgres: 'postgres://postgres:hidden@127.0.0.1:54320/techno',
    apiKey: 'sk_test_x',
    adminKey: 'sk_live_hidden',
    webhook: { source: 'demo', secret: 'whsec_hidden', url: 'http://127.0.0.1:8080/v1/webhooks/demo' },
    alerts: { source: 'alertmanager', token: 'alerts-token', url: 'http://127.0.0.1:8080/v1/webhooks/alertmanager' },
    standIns: { url: 'http://127.0.0.1:8025', smtpPort: 1025 },
    processes: [
      { id: 'executor', service: 'executor', pid: 1, ops: 'http://127.0.0.1:9121' },
      { id: 'executor', service: 'executor', pid: 2, ops: 'http://127.0.0.1:9122' },
    ],
    infrastructure: [],
    launcher: { pid: 3 },
    startedAt: '2026-01-01T00:00:00.000Z',
  };
  const text = summary(stack, '/data');
  for (const part of ['http://127.0.0.1:8080/docs', 'sk_test_x', 'nats://127.0.0.1:4222', 'executor :9121,9122', '/data'])
    expect(text).toContain(part);
  expect(text).not.toContain('hidden');
});
