import {
  closeSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLog } from './log-file.ts';
import { rotate } from './log-rotation.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno-log-'));
afterAll(() => rmSync(dir, { recursive: true }));

const never = new AbortController().signal;
const content = (file: string) => readFileSync(file, 'utf8');

test('a log that grew too large is kept as .1 and goes on from its beginning, without a hole', async () => {
  const file = path.join(dir, 'a.log');
  const writer = openLog(file);
  writeSync(writer, 'x'.repeat(100));
  expect(await rotate(file, writer, never, 100)).toBe(false);
  writeSync(writer, 'y');
  expect(await rotate(file, writer, never, 100)).toBe(true);
  writeSync(writer, 'after\n');
  closeSync(writer);
  expect(content(file)).toBe('after\n');
  expect(content(`${file}.1`)).toBe(`${'x'.repeat(100)}y`);
  expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600);
});

test('the last four are kept, the newest as .1', async () => {
  const file = path.join(dir, 'b.log');
  const writer = openLog(file);
  for (let round = 1; round <= 6; round++) {
    writeSync(writer, `round ${round}`);
    await rotate(file, writer, never, 0);
  }
  closeSync(writer);
  expect([1, 2, 3, 4].map((kept) => content(`${file}.${kept}`))).toEqual(['round 6', 'round 5', 'round 4', 'round 3']);
  expect(existsSync(`${file}.5`)).toBe(false);
});

test('what does not fit into one piece is kept whole', async () => {
  const file = path.join(dir, 'c.log');
  const lines = Array.from({ length: 200_000 }, (_, line) => `line ${line}\n`).join('');
  writeFileSync(file, lines);
  const writer = openLog(file);
  await rotate(file, writer, never, 0);
  closeSync(writer);
  expect(content(`${file}.1`) === lines).toBe(true);
});

test('what is written while it is copied is kept as well', async () => {
  const file = path.join(dir, 'e.log');
  const writer = openLog(file);
  writeSync(writer, 'x'.repeat(3 * 1024 * 1024));
  const rotated = rotate(file, writer, never, 0);
  writeSync(writer, 'meanwhile');
  await rotated;
  writeSync(writer, 'after');
  closeSync(writer);
  expect(content(`${file}.1`)).toMatch(/^x{3145728}meanwhile$/);
  expect(content(file)).toBe('after');
});

test('a copy that is not complete when the system stops is given up, and the log stays whole', async () => {
  const file = path.join(dir, 'f.log');
  writeFileSync(file, 'x'.repeat(3 * 1024 * 1024));
  const writer = openLog(file);
  const stopping = new AbortController();
  const rotated = rotate(file, writer, stopping.signal, 0);
  stopping.abort();
  expect(await rotated).toBe(false);
  closeSync(writer);
  expect(statSync(file).size).toBe(3 * 1024 * 1024);
  expect([`${file}.new`, `${file}.1`].filter(existsSync)).toEqual([]);
});

test('where there is no room for the copy, nothing that was kept is lost, however often it is tried', async () => {
  const file = path.join(dir, 'd.log');
  writeFileSync(file, 'current');
  for (const kept of [1, 2, 3, 4]) writeFileSync(`${file}.${kept}`, `kept ${kept}`);
  const writer = openLog(file);
  for (let round = 0; round < 5; round++) {
    // Whatever is written there meets a full disk.
    symlinkSync('/dev/full', `${file}.new`);
    await expect(rotate(file, writer, never, 0)).rejects.toThrow(/ENOSPC/);
  }
  closeSync(writer);
  expect(content(file)).toBe('current');
  expect([1, 2, 3, 4].map((kept) => content(`${file}.${kept}`))).toEqual(['kept 1', 'kept 2', 'kept 3', 'kept 4']);
  expect(existsSync(`${file}.new`)).toBe(false);
});
