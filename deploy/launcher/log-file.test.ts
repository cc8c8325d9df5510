import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lastComplaint } from './log-file.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno-log-'));
afterAll(() => rmSync(dir, { recursive: true }));

test.each([
  [
    'a service',
    '{"level":"info","msg":"ready"}\n{"level":"fatal","code":"NATS_UNREACHABLE","error":"cannot connect","fix":"start it","msg":"service.failed"}\n{"level":"info","msg":"bye"}',
    { cause: 'NATS_UNREACHABLE: cannot connect', fix: 'start it' },
  ],
  [
    'PostgreSQL',
    '2026-01-01 UTC [1] LOG:  starting\n2026-01-01 UTC [1] FATAL:  lock file exists\n',
    { cause: '2026-01-01 UTC [1] FATAL:  lock file exists' },
  ],
  [
    'Node itself',
    'node:internal\n\nError: Cannot find module\n    at x\n\nNode.js v22\n',
    { cause: 'Error: Cannot find module' },
  ],
  ['nothing bad', '{"level":"info","msg":"ready"}\n', undefined],
])('the last complaint of %s', (_what, content, expected) => {
  const file = path.join(dir, 'b.log');
  writeFileSync(file, content);
  expect(lastComplaint(file)).toEqual(expected);
});

test('no log complains of nothing', () => {
  expect(lastComplaint(path.join(dir, 'none.log'))).toBeUndefined();
});
