import { closeSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLog } from './log-file.ts';
import { keepLogs } from './log-keeper.ts';
import { MAX_LOG_BYTES } from './log-rotation.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno-log-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('what is too large is rotated; a log that cannot be is told of once and keeps nobody else', async () => {
  const [bad, good] = ['bad', 'good'].map((name) => path.join(dir, `${name}.log`)) as [string, string];
  const logs = [bad, good].map((file) => {
    writeFileSync(file, 'x'.repeat(MAX_LOG_BYTES + 1));
    return { file, descriptor: openLog(file) };
  });
  // The oldest is put aside; no file can become a folder.
  writeFileSync(`${bad}.4`, 'oldest');
  mkdirSync(`${bad}.old`);

  const enough = new AbortController();
  const problems: string[] = [];
  let looks = 0;
  const look = () => {
    if (++looks === 2) enough.abort();
    return logs;
  };
  await keepLogs(look, enough.signal, (problem) => problems.push(problem));
  for (const { descriptor } of logs) closeSync(descriptor);

  expect(statSync(good).size).toBe(0);
  expect(statSync(`${good}.1`).size).toBe(MAX_LOG_BYTES + 1);
  expect(statSync(bad).size).toBe(MAX_LOG_BYTES + 1);
  expect(problems).toEqual([expect.stringMatching(/bad\.log cannot be kept small: EISDIR/)]);
});
