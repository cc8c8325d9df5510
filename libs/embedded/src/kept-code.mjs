// Loaded before a program of this repository (`node --import`). Node strips the types of every file at every start, a third
// of the time a service takes to start, and compiles all modules: both is kept in node_modules/.cache for the next start.
// Of several hundred modules most are named by their neighbours, and need not be looked for.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { enableCompileCache, registerHooks, stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(import.meta.dirname, '../../..');
const cache = path.join(root, 'node_modules/.cache/techno', process.version);

/** @param {string} source */
function stripped(source) {
  const file = path.join(cache, 'stripped', createHash('sha1').update(source).digest('hex'));
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const code = strip(source);
    keep(file, code);
    return code;
  }
}

/**
 * What Node itself does with a .ts; only the function that says so is still called experimental, at every start.
 * @param {string} source
 */
function strip(source) {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * Whole or not at all: another process may look for it now. Where nothing can be written, every start strips anew.
 * @param {string} file
 * @param {string} code
 */
function keep(file, code) {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, code);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Read-only, or full.
  }
}

enableCompileCache(path.join(cache, 'compiled'));
registerHooks({
  // A relative name with its extension is that file: Node would look at the disk and at each folder above it.
  resolve(specifier, context, next) {
    const isFile = specifier.startsWith('.') && /\.(ts|js|mjs)$/.test(specifier) && !context.conditions.includes('require');
    if (!isFile || !context.parentURL?.startsWith('file:')) return next(specifier, context);
    return { url: new URL(specifier, context.parentURL).href, shortCircuit: true };
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
    return { format: 'module', source: stripped(readFileSync(fileURLToPath(url), 'utf8')), shortCircuit: true };
  },
});
