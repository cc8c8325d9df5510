import {
  closeSync,
  existsSync,
  ftruncateSync,
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
import { logRotation } from './log-rotation.ts';

const MIB = 1024 * 1024;

const dir = mkdtempSync(path.join(tmpdir(), 'techno-log-'));
afterAll(() => rmSync(dir, { recursive: true }));

const content = (file: string) => readFileSync(file, 'utf8');

test('a log that grew too large is kept as .1 and goes on from its beginning, without a hole', async () => {
  const file = path.join(dir, 'a.log');
  const writer = openLog(file);
  const look = logRotation(file, writer, 100);
  writeSync(writer, 'x'.repeat(100));
  await look();
  expect(statSync(file).size).toBe(100);
  writeSync(writer, 'y');
  await look();
  writeSync(writer, 'after\n');
  closeSync(writer);
  expect(content(file)).toBe('after\n');
  expect(content(`${file}.1`)).toBe(`${'x'.repeat(100)}y`);
  expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600);
});

test('the copy grows with the log, by what is new', async () => {
  const file = path.join(dir, 'b.log');
  const writer = openLog(file);
  const look = logRotation(file, writer, 100);
  for (const line of ['one\n', 'two\n']) {
    writeSync(writer, line);
    await look();
  }
  expect(content(`${file}.new`)).toBe('one\ntwo\n');
  // It is not read again.
  writeFileSync(`${file}.new`, 'ONE\nTWO\n');
  writeSync(writer, 'three\n');
  await look();
  closeSync(writer);
  expect(content(`${file}.new`)).toBe('ONE\nTWO\nthree\n');
});

test('the last four are kept, the newest as .1', async () => {
  const file = path.join(dir, 'c.log');
  const writer = openLog(file);
  const look = logRotation(file, writer, 0);
  for (let round = 1; round <= 6; round++) {
    writeSync(writer, `round ${round}`);
    await look();
  }
  closeSync(writer);
  expect([1, 2, 3, 4].map((kept) => content(`${file}.${kept}`))).toEqual(['round 6', 'round 5', 'round 4', 'round 3']);
  expect(existsSync(`${file}.5`)).toBe(false);
});

test('the file of the oldest is written over by the next copy', async () => {
  const file = path.join(dir, 'k.log');
  const writer = openLog(file);
  const look = logRotation(file, writer, 0);
  const write = async (line: string) => {
    writeSync(writer, line);
    await look();
  };
  for (const line of ['the longest of all of them', 'second', 'third', 'fourth']) await write(line);
  const oldest = statSync(`${file}.4`).ino;
  await write('fifth');
  expect(statSync(`${file}.new`).ino).toBe(oldest);
  await write('sixth');
  closeSync(writer);
  expect(statSync(`${file}.1`).ino).toBe(oldest);
  expect([1, 2, 3, 4].map((kept) => content(`${file}.${kept}`))).toEqual(['sixth', 'fifth', 'fourth', 'third']);
});

test('what does not fit into one piece, or into one look, is kept whole', async () => {
  const file = path.join(dir, 'd.log');
  const lines = Array.from({ length: 2_000_000 }, (_, line) => `line ${line}\n`).join('');
  expect(lines.length).toBeGreaterThan(16 * MIB);
  writeFileSync(file, lines);
  const writer = openLog(file);
  await logRotation(file, writer, 0)();
  closeSync(writer);
  expect(content(`${file}.1`) === lines).toBe(true);
});

test('a log of many looks is copied in as many, and only then emptied', async () => {
  const file = path.join(dir, 'j.log');
  const size = 40 * MIB;
  writeFileSync(file, Buffer.alloc(size, 'x'));
  const writer = openLog(file);
  const look = logRotation(file, writer, 0);
  await look();
  expect(statSync(`${file}.new`).size).toBe(16 * MIB);
  expect(statSync(file).size).toBe(size);
  await look();
  closeSync(writer);
  expect(statSync(`${file}.1`).size).toBe(size);
  expect(statSync(file).size).toBe(0);
});

test('what is written while the copy is synced is kept as well', async () => {
  const file = path.join(dir, 'e.log');
  const writer = openLog(file);
  writeSync(writer, 'x'.repeat(3 * MIB));
  const looked = logRotation(file, writer, 0)();
  writeSync(writer, 'meanwhile');
  await looked;
  writeSync(writer, 'after');
  closeSync(writer);
  expect(content(`${file}.1`)).toMatch(/^x{3145728}meanwhile$/);
  expect(content(file)).toBe('after');
});

test('a copy that an earlier launcher left is begun again', async () => {
  const file = path.join(dir, 'f.log');
  writeFileSync(file, 'first');
  writeFileSync(`${file}.new`, 'left by somebody else, and longer');
  const writer = openLog(file);
  await logRotation(file, writer, 0)();
  closeSync(writer);
  expect(content(`${file}.1`)).toBe('first');
});

test('a copy that somebody took away is begun again', async () => {
  const file = path.join(dir, 'i.log');
  const writer = openLog(file);
  const look = logRotation(file, writer, 10);
  writeSync(writer, 'first ');
  await look();
  rmSync(`${file}.new`);
  writeSync(writer, 'second');
  await look();
  closeSync(writer);
  expect(content(`${file}.1`)).toBe('first second');
});

test('a log that somebody emptied is copied from its beginning', async () => {
  const file = path.join(dir, 'g.log');
  const writer = openLog(file);
  const look = logRotation(file, writer, 10);
  writeSync(writer, 'long ago');
  await look();
  ftruncateSync(writer);
  writeSync(writer, 'now');
  await look();
  writeSync(writer, ' and then');
  await look();
  closeSync(writer);
  expect(content(`${file}.1`)).toBe('now and then');
});

test('where there is no room for the copy, nothing that was kept is lost, however often it is tried', async () => {
  const file = path.join(dir, 'h.log');
  writeFileSync(file, 'current');
  for (const kept of [1, 2, 3, 4]) writeFileSync(`${file}.${kept}`, `kept ${kept}`);
  const writer = openLog(file);
  const look = logRotation(file, writer, 0);
  // Whatever is written there meets a full disk.
  symlinkSync('/dev/full', `${file}.new`);
  for (let round = 0; round < 5; round++) await expect(look()).rejects.toThrow(/ENOSPC/);
  expect(content(file)).toBe('current');
  expect([1, 2, 3, 4].map((kept) => content(`${file}.${kept}`))).toEqual(['kept 1', 'kept 2', 'kept 3', 'kept 4']);
  // Room again.
  rmSync(`${file}.new`);
  await look();
  closeSync(writer);
  expect(content(`${file}.1`)).toBe('current');
  expect(content(file)).toBe('');
});
