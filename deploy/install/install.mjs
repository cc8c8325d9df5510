import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { incompleteEntries, lockedPackages, lockFile } from './lock-file.mjs';
import { withInstallLock } from './install-lock.mjs';
import { missingPackages, ownNode, ownNodeVersion } from './missing.mjs';
import { npm } from './npm.mjs';

/** Says why the project cannot be installed, and what to do. */
export class InstallError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} fix
   */
  constructor(code, message, fix) {
    super(message);
    this.code = code;
    this.fix = fix;
  }
}

/**
 * Installs what is missing. Nothing to do costs a few milliseconds.
 * @param {string} root the checkout
 * @returns {Promise<string>} the project's own Node
 */
export async function install(root) {
  return completeNode(root) ?? withInstallLock(root, () => completeNode(root) ?? installNow(root));
}

/**
 * @param {string} root
 * @returns {string | undefined} the project's Node if nothing is missing
 */
function completeNode(root) {
  const { required, optional } = missingPackages(root);
  if (required.length > 0 || (optional.length > 0 && !wasRepaired(root))) return undefined;
  return ownNode(root);
}

/** @param {string} root */
async function installNow(root) {
  checkWritable(root);
  if (missingPackages(root).required.length > 0) {
    // `npm ci` refuses a lock without the binaries of every platform; `npm install` takes what is locked as well.
    const complete = incompleteEntries(lockedPackages(lockFile(root))).length === 0;
    const command = complete ? ['ci'] : ['install', '--no-save'];
    say(`Installing packages (npm ${command.join(' ')}; up to a minute the first time) …`);
    await must(npm(process.execPath, command, root));
  }
  const node = ownNode(root) ?? (await installNode(root));
  linkNode(root, node);
  if (missingPackages(root).optional.length > 0 && !wasRepaired(root)) {
    // npm leaves out optional packages whose `engines` exclude the Node it runs on, such as nats-server's on Node 20.
    say('Installing the packages for Node 22 …');
    await must(npm(node, ['install', '--no-save'], root));
    rememberRepair(root);
  }
  return node;
}

/**
 * Where install scripts are off the package `node` stays empty; the one with the binary needs none.
 * @param {string} root
 */
async function installNode(root) {
  const name = `node-${process.platform}-${process.arch}@${ownNodeVersion(root)}`;
  say(`Installing Node 22 (${name}) …`);
  const folder = path.join(root, 'node_modules/.techno');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  await must(
    npm(process.execPath, ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', name], folder),
  );
  const node = ownNode(root);
  if (node !== undefined) return node;
  throw new InstallError(
    'NODE_MISSING',
    `${name} was installed but holds no Node for this machine (${process.platform} ${process.arch})`,
    'Supported are Linux and macOS on x64 and arm64.',
  );
}

/**
 * npm scripts find their programs in `.bin` first; where the package `node` stayed empty nothing leads to ours there.
 * @param {string} root
 * @param {string} node
 */
function linkNode(root, node) {
  const link = path.join(root, 'node_modules/.bin/node');
  if (existsSync(link)) return;
  rmSync(link, { force: true });
  symlinkSync(path.relative(path.dirname(link), node), link);
}

/** @param {string} root */
function checkWritable(root) {
  const modules = path.join(root, 'node_modules');
  try {
    accessSync(existsSync(modules) ? modules : root, constants.W_OK);
  } catch {
    throw new InstallError(
      'INSTALL_NOT_WRITABLE',
      `packages are missing and ${modules} cannot be written by this user`,
      `run 'npm ci' once as the owner of ${root}, or change its owner`,
    );
  }
}

/** @param {Promise<number>} run */
async function must(run) {
  const code = await run.catch((error) => {
    throw new InstallError('NPM_MISSING', `npm could not be started: ${error.message}`, 'install npm, which comes with Node');
  });
  if (code === 0) return;
  throw new InstallError(
    'INSTALL_FAILED',
    `npm ended with exit code ${code}; its own message is above`,
    "check the network or proxy ('npm ping') and free space, then start again",
  );
}

const REPAIRED = 'node_modules/.techno/repaired';

/** @param {string} root */
function lockDigest(root) {
  return createHash('sha256')
    .update(readFileSync(lockFile(root)))
    .digest('hex');
}

/**
 * Whether what is still missing of the optional packages was asked for already, and is not to be had.
 * @param {string} root
 */
function wasRepaired(root) {
  const file = path.join(root, REPAIRED);
  return existsSync(file) && readFileSync(file, 'utf8') === lockDigest(root);
}

/** @param {string} root */
function rememberRepair(root) {
  mkdirSync(path.dirname(path.join(root, REPAIRED)), { recursive: true });
  writeFileSync(path.join(root, REPAIRED), lockDigest(root));
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
