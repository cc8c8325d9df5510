// What package-lock.json says, and whether it says all that `npm ci` asks of it.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** @typedef {import('./lock-file.d.mts').LockedPackages} LockedPackages */

/**
 * @param {string} file
 * @returns {LockedPackages} empty where there is no such file
 */
export function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * The optional dependencies that are named but have no entry. npm leaves those out that its registry could not give it
 * (mirrors often hold only some platforms), and `npm ci` then refuses the file as out of step.
 * @param {LockedPackages} packages
 * @returns {{ name: string, range: string, dev: boolean }[]}
 */
export function incompleteEntries(packages) {
  const folders = Object.keys(packages);
  const names = new Set(folders.map((folder) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)));
  return Object.values(packages).flatMap((entry) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !names.has(name))
      .map(([name, range]) => ({ name, range, dev: entry.dev === true })),
  );
}

/** @param {string} root */
export function lockFile(root) {
  return path.join(root, 'package-lock.json');
}
