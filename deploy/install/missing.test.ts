import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allows, missingPackages } from './missing.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'techno-missing-'));
});
afterEach(() => rmSync(root, { recursive: true }));

type Packages = Record<string, object>;
const write = (file: string, packages: Packages) => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), JSON.stringify({ packages }));
};
const locked: Packages = {
  '': { name: 'root' },
  'libs/a': { version: '1.0.0' },
  'node_modules/@techno/a': { resolved: 'libs/a', link: true },
  'node_modules/one': { version: '1.0.0' },
  'node_modules/one/node_modules/two': { version: '2.0.0' },
  'node_modules/native': { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] },
  'node_modules/foreign': { version: '1.0.0', optional: true, os: ['plan9'] },
  'node_modules/of-foreign': { version: '1.0.0', optional: true },
};
const installAll = () => {
  for (const folder of ['one', 'one/node_modules/two', 'native', '@techno/a']) {
    write(`node_modules/${folder}/package.json`, {});
  }
  write('node_modules/.package-lock.json', locked);
};

test('nothing is missing of a complete install', () => {
  write('package-lock.json', locked);
  installAll();
  expect(missingPackages(root)).toEqual({ required: [], optional: [] });
});

test('a fresh checkout misses everything that fits this machine', () => {
  write('package-lock.json', locked);
  expect(missingPackages(root)).toEqual({
    required: ['node_modules/@techno/a', 'node_modules/one', 'node_modules/one/node_modules/two'],
    optional: ['node_modules/native'],
  });
});

test('a package that was removed, left out, or is of another version is missing', () => {
  write('package-lock.json', { ...locked, 'node_modules/one': { version: '1.0.1' } });
  installAll();
  rmSync(path.join(root, 'node_modules/one/node_modules/two'), { recursive: true });
  const { 'node_modules/native': _native, ...without } = locked;
  write('node_modules/.package-lock.json', without);
  expect(missingPackages(root)).toEqual({
    required: ['node_modules/one', 'node_modules/one/node_modules/two'],
    optional: ['node_modules/native'],
  });
});

test.each([
  [undefined, true],
  [[], true],
  [['linux', 'darwin'], true],
  [['win32'], false],
  [['!win32'], true],
  [['!linux'], false],
])('%j allows linux: %s', (list, expected) => {
  expect(allows(list, 'linux')).toBe(expected);
});
