import { mkdtempSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { postgresAccount } from './postgres-account.ts';
import { clusterFolder, removeCluster } from './postgres-cluster.ts';
import { clearPostmaster } from './postmaster.ts';

let base: string;
let shared: string;
beforeEach(async () => {
  base = mkdtempSync(path.join(tmpdir(), 'techno cluster '));
  await chmod(base, 0o755);
  shared = path.join(base, 'shared');
});
afterEach(() => rm(base, { recursive: true, force: true }));

test('where the account can go the data lies in the home itself, private', async () => {
  const account = await postgresAccount();
  const dir = path.join(base, 'home', 'postgres');
  expect(await clusterFolder(dir, account, shared)).toBe(dir);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
});

// Only root runs PostgreSQL under another account.
describe.runIf(process.getuid?.() === 0)('as root, in a home closed to the account', () => {
  const closedHome = async (name: string) => {
    const home = path.join(base, name);
    await mkdir(home, { recursive: true, mode: 0o700 });
    return path.join(home, 'postgres');
  };

  test('the data lies in the shared folder, and goes with the home', async () => {
    const account = await postgresAccount();
    const dir = await closedHome('closed');
    const target = await clusterFolder(dir, account, shared);
    expect(target.startsWith(shared)).toBe(true);
    expect(await readlink(dir)).toBe(target);
    expect((await stat(target)).uid).toBe(account?.uid);
    expect(await clusterFolder(dir, account, shared)).toBe(target);
    await removeCluster(dir);
    await expect(lstat(dir)).rejects.toThrow('ENOENT');
    await expect(lstat(path.dirname(target))).rejects.toThrow('ENOENT');
  });

  test('a moved home keeps its data; a copied one gets its own, and its removal leaves the original', async () => {
    const account = await postgresAccount();
    const dir = await closedHome('closed');
    const target = await clusterFolder(dir, account, shared);
    await rename(path.dirname(dir), path.join(base, 'moved'));
    const moved = path.join(base, 'moved', 'postgres');
    expect(await clusterFolder(moved, account, shared)).toBe(target);

    const copied = await closedHome('copied');
    await symlink(await readlink(moved), copied);
    await removeCluster(copied);
    expect((await stat(target)).isDirectory()).toBe(true);

    await symlink(await readlink(moved), copied);
    expect(await clusterFolder(copied, account, shared)).not.toBe(target);
  });
});

test('a postmaster.pid whose number now belongs to another program does not keep PostgreSQL from starting', async () => {
  const file = path.join(base, 'postmaster.pid');
  await writeFile(file, `${process.pid}\n${base}\n1\n5432\n\n127.0.0.1\n\nready\n`);
  await clearPostmaster(base);
  await expect(readFile(file)).rejects.toThrow('ENOENT');
});
