import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { identify } from '@techno/embedded';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { claim, claimant, release } from './claim.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno-claim-'));
const file = path.join(dir, 'lock');
beforeEach(() => rmSync(file, { force: true }));
afterAll(() => rmSync(dir, { recursive: true }));

test('the first gets it, the second is told by whom it is held, and after the release it is free', () => {
  expect(claim(file)).toBeUndefined();
  expect(claim(file)?.pid).toBe(process.pid);
  release(file);
  expect(claimant(file)).toBeUndefined();
  expect(readdirSync(dir)).toEqual([]);
});

test.each([
  ['of a process that is gone', { pid: 2 ** 22 + 1, startedAt: 'long ago' }],
  ['of a process whose number was reused', { pid: process.ppid, startedAt: 'before' }],
  ['that cannot be read', 'x'],
])('a file %s is replaced', (_what, content) => {
  writeFileSync(file, JSON.stringify(content));
  expect(claimant(file)).toBeUndefined();
  expect(claim(file)).toBeUndefined();
  expect(claimant(file)).toEqual(identify(process.pid));
});

test('somebody else’s is not released', () => {
  const parent = identify(process.ppid);
  writeFileSync(file, JSON.stringify(parent));
  release(file);
  expect(claim(file)).toEqual(parent);
});
