#!/usr/bin/env node
// Adds to package-lock.json what npm left out of it because the registry in use does not hold it: binaries for other
// platforms. Without them `npm ci` refuses the file everywhere. `npm run lock:complete` after a dependency was added.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { incompleteEntries, lockFile } from './lock-file.mjs';

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/**
 * The entry of a binary package, its platform read from its name as these names are built everywhere
 * (`binding-linux-x64-musl`). No integrity: npm adds it where it can fetch the package.
 * @param {{ name: string, range: string, dev: boolean }} missing
 * @returns {import('./lock-file.d.mts').LockEntry}
 */
export function platformEntry({ name, range, dev }) {
  const words = name.replace('windows', 'win32').replace(/-64$/, '-x64').split(/[-/_]/);
  const os = words.find((word) => OS.includes(word));
  const cpu = words.find((word) => CPU.includes(word));
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return {
    version: range.replace(/^[\^~]/, ''),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(dev ? { dev } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    ...(os === undefined ? {} : { os: [os] }),
  };
}

/** @param {string} root */
function complete(root) {
  const file = lockFile(root);
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = incompleteEntries(lock.packages);
  if (missing.length === 0) return 0;
  for (const entry of missing) lock.packages[`node_modules/${entry.name}`] = platformEntry(entry);
  lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  return missing.length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const added = complete(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'));
  process.stdout.write(added === 0 ? 'package-lock.json is complete.\n' : `Added ${added} entries to package-lock.json.\n`);
}
