import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { StartupError } from '@techno/kernel';
import { searchPath } from './config.ts';

/** What each is called: by its makers, and by Debian where that differs. */
const NAMES = {
  prometheus: ['prometheus'],
  promtool: ['promtool'],
  alertmanager: ['alertmanager', 'prometheus-alertmanager'],
  amtool: ['amtool'],
} as const;
export type Program = keyof typeof NAMES;

/** The program's file, or undefined where this machine has none. */
export function findProgram(program: Program, searched: string = searchPath()): string | undefined {
  return searched
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .flatMap((folder) => NAMES[program].map((name) => path.join(folder, name)))
    .find(isExecutable);
}

/** @throws StartupError MONITORING_MISSING */
export function programOf(program: Program, searched: string = searchPath()): string {
  const found = findProgram(program, searched);
  if (found !== undefined) return found;
  throw new StartupError(
    'MONITORING_MISSING',
    `${program} is not installed`,
    'apt-get install --no-install-recommends prometheus prometheus-alertmanager (Debian 12), or put it on PATH.',
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
