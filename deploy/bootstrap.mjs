#!/usr/bin/env node
// The first thing that runs on a fresh machine, so plain JavaScript for any Node from 20 on and without packages:
// installs what is missing, then hands over to the command line (deploy/cli) on the project's own Node 22.
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, InstallError } from './install/install.mjs';

const OLDEST_NODE = 20;
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Only for the project's own Node: an older one knows no such hooks. */
const keptCode = new URL('../libs/embedded/src/kept-code.mjs', import.meta.url);
const args = process.argv.slice(2);

/** @param {unknown} error */
function giveUp(error) {
  if (!(error instanceof InstallError)) throw error;
  process.stderr.write(`\n${error.code}: ${error.message}\n  fix: ${error.fix}\n`);
  process.exit(1);
}

/**
 * Runs the command line on that Node as a child: signals go on to it, its end becomes ours.
 * @param {string} node
 */
function handOver(node) {
  const child = spawn(node, ['--import', keptCode.href, path.join(root, 'deploy/cli/main.ts'), ...args], {
    stdio: 'inherit',
    // Lets the child notice that this process was killed without a chance to say so.
    env: { ...process.env, TECHNO_PARENT_PID: String(process.pid) },
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`\nNODE_NOT_STARTED: ${node}: ${error.message}\n  fix: remove node_modules and start again\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (os.constants.signals[signal ?? 'SIGKILL'] ?? 9)));
}

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  process.stderr.write(`NODE_TOO_OLD: this is Node ${process.version}\n  fix: install Node ${OLDEST_NODE} or newer\n`);
  process.exit(1);
}

const node = await install(root).catch(giveUp);
if (args[0] === 'install') {
  process.stdout.write('Everything is installed.\n');
} else if (realpathSync(node) === realpathSync(process.execPath)) {
  process.argv[1] = path.join(root, 'deploy/cli/main.ts');
  await import(keptCode.href);
  await import('./cli/main.ts');
} else {
  handOver(node);
}
