import path from 'node:path';
import { pathToFileURL } from 'node:url';

const KEPT_CODE = pathToFileURL(path.join(import.meta.dirname, 'kept-code.mjs')).href;

/** What to give Node so that it starts a program of this repository without stripping and compiling it anew. */
export function nodeArguments(program: string): string[] {
  return ['--import', KEPT_CODE, program];
}
