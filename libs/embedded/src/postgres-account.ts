import { execFile } from 'node:child_process';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { StartupError } from '@techno/kernel';
import { postgresVersion } from './postgres-binaries.ts';

const run = promisify(execFile);

/**
 * PostgreSQL refuses to run as root. So under root it runs as the account `postgres`, made when the machine has none,
 * or as `nobody` where accounts cannot be made. Everyone else runs it as themselves (undefined).
 */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** @throws StartupError POSTGRES_ACCOUNT */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await lookUp('postgres');
  if (existing !== undefined) return existing;
  await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']).catch(
    () => {},
  );
  const found = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (found !== undefined) return found;
  throw new StartupError(
    'POSTGRES_ACCOUNT',
    'PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody`',
    'Make one (useradd --system postgres), or start as an ordinary user.',
  );
}

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** Whether that account can enter the folder; asked of the system itself, which alone knows all its rules. */
export async function canEnter(folder: string, account: Account): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/**
 * A PostgreSQL that the account can run: the installed one, or a copy below `copies` when the installed one lies in a
 * folder closed to it (a checkout in /root). The copy is shared by all checkouts with the same version.
 */
export async function reachablePostgres(folder: string, account: Account | undefined, copies: string): Promise<string> {
  if (account === undefined || (await canEnter(path.join(folder, 'bin'), account))) return folder;
  const target = path.join(copies, `postgresql-${await postgresVersion(folder)}`);
  if (await canEnter(path.join(target, 'bin'), account)) return target;
  const draft = `${target}.${process.pid}`;
  await mkdir(copies, { recursive: true, mode: 0o755 });
  await cp(folder, draft, { recursive: true, verbatimSymlinks: true });
  // Another checkout may have been faster; its copy is as good.
  await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }));
  return target;
}
