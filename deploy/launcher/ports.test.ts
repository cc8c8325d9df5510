import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { type Ports, reservePorts } from './ports.ts';

// Numbers that nothing here listens on, nor names: those of the product lie below 10000, freePort's from there to 24000.
const FIRST = 27_000;
const open: Ports[] = [];
afterEach(() => {
  for (const ports of open.splice(0)) ports.releaseAll();
});

function launcher(...busy: number[]): Ports {
  const ports = reservePorts(async (port) => !busy.includes(port));
  open.push(ports);
  return ports;
}

test('the wanted port, or the next one that is neither used nor taken by another launcher', async () => {
  expect(await launcher().take(FIRST + 2)).toBe(FIRST + 2);
  const ports = launcher(FIRST, FIRST + 1);
  expect(await ports.take(FIRST)).toBe(FIRST + 3);
  expect(await ports.take(FIRST + 50)).toBe(FIRST + 50);
});

test('launchers that look at the same moment get a port each', async () => {
  const taken = await Promise.all(Array.from({ length: 20 }, () => launcher().take(FIRST + 100)));
  expect(new Set(taken).size).toBe(20);
});

test('one launcher does not hand out a port twice, and gives all of them back', async () => {
  const ports = launcher();
  expect([await ports.take(FIRST), await ports.take(FIRST), await ports.take(FIRST)]).toEqual([FIRST, FIRST + 1, FIRST + 2]);
  ports.releaseAll();
  expect(await launcher().take(FIRST)).toBe(FIRST);
});

test('what a killed launcher had taken is free again', async () => {
  const script = `require('node:dgram').createSocket('udp4').bind({ address: '127.0.0.1', port: ${FIRST} }, () => console.log('taken'))`;
  const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(other.stdout, 'data');
  expect(await launcher().take(FIRST)).toBe(FIRST + 1);
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(await launcher().take(FIRST)).toBe(FIRST);
});

test('when all are used it says which', async () => {
  await expect(reservePorts(async () => false).take(65_500)).rejects.toThrow('no port from 65500 to 65535 is free');
});
