import { closeSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lastComplaint, openLog, rotate } from './log-file.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno-log-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('a log that grew too large is kept as .1 and goes on from its beginning, without a hole', () => {
  const file = path.join(dir, 'a.log');
  const writer = openLog(file);
  writeSync(writer, 'x'.repeat(100));
  expect(rotate(file, writer, 100)).toBe(false);
  writeSync(writer, 'y');
  expect(rotate(file, writer, 100)).toBe(true);
  writeSync(writer, 'after\n');
  closeSync(writer);
  expect(readFileSync(file, 'utf8')).toBe('after\n');
  expect(readFileSync(`${file}.1`, 'utf8')).toBe(`${'x'.repeat(100)}y`);
});

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
