import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';

/**
 * npm's own script: the npm that runs us, the one on PATH, or the one that came with this Node.
 * @returns {string | undefined}
 */
function npmScript() {
  const running = process.env.npm_execpath ?? '';
  if (path.basename(running) === 'npm-cli.js' && existsSync(running)) return running;
  const beside = path.join(path.dirname(realpathSync(process.execPath)), '../lib/node_modules/npm/bin/npm-cli.js');
  const onPath = (process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, 'npm'));
  const scripts = onPath.filter((file) => existsSync(file)).map((file) => realpathSync(file));
  return [...scripts, beside].find((file) => file.endsWith('.js') && existsSync(file));
}

/**
 * Runs npm on a given Node, its output shown as it comes. It ends with us on Ctrl-C and SIGTERM.
 * @param {string} node
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<number>} its exit code
 */
export function npm(node, args, cwd) {
  const script = npmScript();
  const searchPath = [path.dirname(node), process.env.PATH ?? ''].join(path.delimiter);
  const env = { ...process.env, PATH: searchPath };
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  return new Promise((resolve, reject) => {
    const child =
      script === undefined
        ? spawn('npm', [...args, ...quiet], { cwd, env, stdio: 'inherit' })
        : spawn(node, [script, ...args, ...quiet], { cwd, env, stdio: 'inherit' });
    let stopped = false;
    const stop = () => {
      stopped = true;
      child.kill('SIGTERM');
    };
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    for (const signal of signals) process.on(signal, stop);
    const settle = () => {
      for (const signal of signals) process.off(signal, stop);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      settle();
      // Asked to stop: that is the end of it, not a failure to explain.
      if (stopped || signal !== null) process.exit(130);
      resolve(code ?? 1);
    });
  });
}
