import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { until } from '@techno/embedded';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Proxy, startProxy } from './proxy.ts';

let echo: Server;
let ends: number;
let proxy: Proxy;
const clients: Socket[] = [];

beforeEach(async () => {
  ends = 0;
  echo = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('close', () => (ends += 1));
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startProxy((echo.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  echo.close();
});

/** A client that has said its name, as those of NATS do. */
async function named(name: string) {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  let heard = '';
  let end: string | undefined;
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  socket.on('error', (error: NodeJS.ErrnoException) => (end = error.code));
  const greeting = `CONNECT {"verbose":false,"name":"${name}"}\r\n`;
  socket.write(greeting);
  await until(() => heard === greeting);
  return { say: (text: string) => socket.write(text), heard: () => heard.slice(greeting.length), end: () => end };
}

test('what is clear passes; what is silent waits and then arrives in order', async () => {
  const executor = await named('executor');
  const auditor = await named('auditor');
  proxy.set({ kind: 'silent' }, 'executor');
  executor.say('one ');
  executor.say('two');
  auditor.say('passes');
  await until(() => auditor.heard() === 'passes');
  expect(executor.heard()).toBe('');
  proxy.set({ kind: 'clear' }, 'executor');
  await until(() => executor.heard() === 'one two');
});

test.each([{ kind: 'delay', ms: 50 } as const, { kind: 'narrow', bytesPerSecond: 50_000 } as const])(
  '$kind changes when, never what',
  async (weather) => {
    const client = await named('executor');
    proxy.set(weather);
    const text = 'abcdefghij'.repeat(1_000);
    client.say(text);
    client.say('end');
    await until(() => client.heard().length === text.length + 3);
    expect(client.heard()).toBe(`${text}end`);
  },
);

test('a reset reaches those it is meant for', async () => {
  const executor = await named('executor');
  const auditor = await named('auditor');
  expect(proxy.reset('executor')).toBe(1);
  await until(() => executor.end() === 'ECONNRESET');
  auditor.say('alive');
  await until(() => auditor.heard() === 'alive');
});

test('half open: the server sees the end, the client sees nothing', async () => {
  const client = await named('gate-engine');
  expect(proxy.halfOpen('gate-engine')).toBe(1);
  await until(() => ends === 1);
  client.say('anybody?');
  const other = await named('gate-engine');
  expect([client.end(), client.heard(), other.end()]).toEqual([undefined, '', undefined]);
});
