// What of package-lock.json is not in node_modules. npm writes what it installed to node_modules/.package-lock.json as
// its last act, so the two together tell a complete install from none, a partial one, or one of another commit.
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { lockedPackages, lockFile } from './lock-file.mjs';

// The part of the report about the network would ask name servers, which can take seconds.
process.report.excludeNetwork = true;
const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
const LIBC = header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';

/**
 * @param {string} root
 * @returns {{ required: string[], optional: string[] }} folders below `root` that should be there and are not
 */
export function missingPackages(root) {
  const wanted = lockedPackages(lockFile(root));
  const installed = lockedPackages(path.join(root, 'node_modules/.package-lock.json'));
  /** @type {{ required: string[], optional: string[] }} */
  const missing = { required: [], optional: [] };
  for (const [folder, entry] of Object.entries(wanted)) {
    if (!folder.includes('node_modules/') || !fitsThisMachine(entry)) continue;
    const found = installed[folder];
    const there =
      found !== undefined &&
      found.version === entry.version &&
      existsSync(path.join(root, folder, entry.link ? '' : 'package.json'));
    if (there) continue;
    if (!entry.optional) missing.required.push(folder);
    // The other optional ones belong to binaries of other machines.
    else if (entry.os !== undefined || entry.cpu !== undefined) missing.optional.push(folder);
  }
  return missing;
}

/** @param {import('./lock-file.d.mts').LockEntry} entry */
function fitsThisMachine(entry) {
  return allows(entry.os, process.platform) && allows(entry.cpu, process.arch) && allows(entry.libc, LIBC);
}

/**
 * @param {string[] | undefined} list as in package.json: names, or names with `!` in front that are excluded
 * @param {string} own
 */
export function allows(list, own) {
  if (list === undefined || list.length === 0) return true;
  if (list.includes(`!${own}`)) return false;
  return list.includes(own) || list.every((name) => name.startsWith('!'));
}

/**
 * The project's own Node, wherever the way it was installed has put it.
 * @param {string} root
 * @returns {string | undefined}
 */
export function ownNode(root) {
  const platformPackage = `node-${process.platform}-${process.arch}`;
  const folders = [
    'node_modules/node',
    `node_modules/${platformPackage}`,
    `node_modules/node/node_modules/${platformPackage}`,
    `node_modules/.techno/node_modules/${platformPackage}`,
  ];
  return folders.map((folder) => path.join(root, folder, 'bin/node')).find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Version of the project's Node as locked.
 * @param {string} root
 */
export function ownNodeVersion(root) {
  return lockedPackages(lockFile(root))['node_modules/node']?.version;
}
