import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { measureDisk } from './disk.ts';

test('every write is timed, and nothing is left', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'disk-'));
  try {
    const { latency, perSecond } = await measureDisk(folder, 0.1, new AbortController().signal);
    expect(latency.count).toBe(0.1 * perSecond);
    expect(latency.max).toBeGreaterThan(0);
    await expect(measureDisk(folder, 0.1, AbortSignal.abort(new Error('ended')))).rejects.toThrow('ended');
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
