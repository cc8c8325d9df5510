import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { identify } from '@techno/embedded';
import { afterAll, expect, test } from 'vitest';
import { reservePorts } from './ports.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno-ports-test-'));
afterAll(() => rmSync(dir, { recursive: true }));

const busy =
  (...ports: number[]) =>
  async (port: number) =>
    !ports.includes(port);

test('the wanted port, or the next one that is neither used nor reserved by another launcher', async () => {
  writeFileSync(path.join(dir, '8082'), JSON.stringify(identify(process.ppid)));
  const ports = reservePorts(dir, busy(8080, 8081));
  expect(await ports.take(8080)).toBe(8083);
  expect(await ports.take(9000)).toBe(9000);
});

test('one launcher does not hand out a port twice', async () => {
  const ports = reservePorts(path.join(dir, 'own'), busy());
  expect([await ports.take(7000), await ports.take(7000), await ports.take(7000)]).toEqual([7000, 7001, 7002]);
  ports.releaseAll();
  expect(await reservePorts(path.join(dir, 'own'), busy()).take(7000)).toBe(7000);
});

test('where no reservation can be written a free port is still a port', async () => {
  writeFileSync(path.join(dir, 'file'), '');
  expect(await reservePorts(path.join(dir, 'file', 'below'), busy()).take(6000)).toBe(6000);
});

test('when all are used it says which', async () => {
  await expect(reservePorts(dir, async () => false).take(65_500)).rejects.toThrow('no port from 65500 to 65535 is free');
});
