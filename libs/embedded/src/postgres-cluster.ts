import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, readFile, readlink, rm, rmdir, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { errorMessage, StartupError } from '@techno/kernel';
import { type Account, canEnter } from './postgres-account.ts';

const run = promisify(execFile);

/** Where root keeps what the account `postgres` must reach but the project's folder would hide from it. */
export const SHARED_FOLDER = '/var/lib/techno';

/**
 * The data directory for `wanted`, owned by the account. PostgreSQL as another account needs every folder above its
 * data to be open to it, which a home below /root is not: then the data lies in /var/lib/techno (not /var/tmp, which
 * is cleaned by age) and `wanted` is a link to it.
 */
export async function clusterFolder(wanted: string, account: Account | undefined, shared = SHARED_FOLDER): Promise<string> {
  const linked = await ownTarget(wanted);
  if (linked !== undefined) {
    await own(linked, account);
    return linked;
  }
  await mkdir(path.dirname(wanted), { recursive: true });
  if (account === undefined || (await canEnter(path.dirname(wanted), account))) {
    await own(wanted, account);
    return wanted;
  }
  const target = path.join(shared, randomBytes(8).toString('hex'), path.basename(wanted));
  await own(target, account);
  await writeFile(`${target}.home`, wanted);
  await rm(wanted, { recursive: true, force: true });
  await symlink(target, wanted);
  return target;
}

/**
 * Where `wanted` links to, if that is its own. The link of a copied home leads to the original's data, which two
 * servers must never share: it is taken away, and the copy begins with an empty cluster. A moved home keeps its data.
 */
async function ownTarget(wanted: string): Promise<string | undefined> {
  const link = await readlink(wanted).catch(() => undefined);
  if (link === undefined) return undefined;
  const target = path.resolve(path.dirname(wanted), link);
  const owner = await readFile(`${target}.home`, 'utf8').catch(() => wanted);
  if (owner !== wanted && (await readlink(owner).catch(() => undefined)) === link) {
    await unlink(wanted);
    return undefined;
  }
  if (owner !== wanted) await writeFile(`${target}.home`, wanted);
  return target;
}

async function own(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
}

/** Removes the cluster at `wanted`, also where it is a link to somewhere else. */
export async function removeCluster(wanted: string): Promise<void> {
  const entry = await lstat(wanted).catch(() => undefined);
  if (entry?.isSymbolicLink()) {
    const target = path.resolve(path.dirname(wanted), await readlink(wanted));
    // A copied home must not take the original's data with it.
    if (target === (await ownTarget(wanted))) {
      await rm(target, { recursive: true, force: true });
      await rm(`${target}.home`, { force: true });
      await rmdir(path.dirname(target)).catch(() => {});
    }
    await rm(wanted, { force: true });
  } else {
    await rm(wanted, { recursive: true, force: true });
  }
}

/**
 * Makes the cluster when there is none yet.
 * @throws StartupError POSTGRES_INIT_FAILED
 */
export async function initialiseCluster(options: {
  bin: string;
  dataDir: string;
  account: Account | undefined;
  password: string;
  durable: boolean;
}): Promise<void> {
  const { bin, dataDir, account } = options;
  const entries = await readdir(dataDir);
  // Written last (below), so its absence means that an earlier attempt was cut off.
  if (entries.includes(COMPLETE)) return;
  await Promise.all(entries.map((entry) => rm(path.join(dataDir, entry), { recursive: true, force: true })));
  const passwordFile = `${dataDir}.password`;
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (account !== undefined) await chown(passwordFile, account.uid, account.gid);
  try {
    await run(
      path.join(bin, 'initdb'),
      [
        `--pgdata=${dataDir}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // The same order of texts on every machine, whatever locales it has.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        // Until old ones can be used again each new segment of the log is filled with zeros and synced while every commit waits:
        // 84 ms for one of the usual 16 MiB where the disk was busy, every few seconds under load.
        '--wal-segsize=4',
        ...(options.durable ? [] : ['--no-sync']),
      ],
      { cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, ...account },
    );
  } catch (cause) {
    throw new StartupError(
      'POSTGRES_INIT_FAILED',
      `PostgreSQL could not make its data directory ${dataDir}: ${lastLine(cause)}`,
      'Check free space and rights there, or move the data with TECHNO_HOME.',
      { cause },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await writeFile(path.join(dataDir, COMPLETE), '');
}

const COMPLETE = 'techno.complete';

function lastLine(error: unknown): string {
  const text = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  return text.trim().split('\n').at(-1) || errorMessage(error);
}
