import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { natsStoreWatch } from './nats-store.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'techno-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const make = () => mkdirSync(path.join(dir, 'jetstream', '$G', 'streams'), { recursive: true });

test.each(['.', 'jetstream', 'jetstream/$G'])(
  'removing %s is noticed once, and the new one is then the one to watch',
  async (removed) => {
    const isIntact = natsStoreWatch(dir);
    // Not there yet is not gone.
    expect(await isIntact()).toBe(true);
    make();
    expect(await isIntact()).toBe(true);
    rmSync(path.join(dir, removed), { recursive: true });
    expect(await isIntact()).toBe(false);
    make();
    expect(await isIntact()).toBe(true);
    expect(await isIntact()).toBe(true);
  },
);
