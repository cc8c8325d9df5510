import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stackBoard } from './stack-board.ts';
import { readStack } from './stack-file.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno-board-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('stack.json appears when published, follows every restart, is private, and goes at the end', () => {
  const file = path.join(dir, 'stack.json');
  writeFileSync(file, '{"left": "behind"}');
  const board = stackBoard(file, (problem) => expect.unreachable(problem));
  expect(existsSync(file)).toBe(false);

  board.started('executor', 10);
  board.started('executor-2', 11);
  board.started('nats', 12);
  expect(existsSync(file)).toBe(false);

  board.publish({
    gateway: 'g',
    nats: 'n',
    postgres: 'p',
    apiKey: 'k',
    adminKey: 'a',
    webhook: { source: 's', secret: 'w', url: 'u' },
    alerts: { source: 'alertmanager', token: 'alerts-token', url: 'http://127.0.0.1:8080/v1/webhooks/alertmanager' },
    standIns: { url: 'http://127.0.0.1:8025', smtpPort: 1025 },
    processes: [
      { id: 'executor', service: 'executor', ops: 'o1' },
      { id: 'executor-2', service: 'executor', ops: 'o2' },
    ],
    infrastructure: [{ name: 'nats', dir: 'd', monitor: 'm' }],
    launcher: { pid: 1 },
    startedAt: 't',
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  board.started('executor-2', 20);
  board.started('nats', 21);
  expect(readStack(file)).toMatchObject({
    processes: [
      { id: 'executor', service: 'executor', pid: 10, ops: 'o1' },
      { id: 'executor-2', service: 'executor', pid: 20, ops: 'o2' },
    ],
    infrastructure: [{ name: 'nats', pid: 21, dir: 'd', monitor: 'm' }],
  });

  board.remove();
  board.started('executor', 30);
  expect(existsSync(file)).toBe(false);
});
