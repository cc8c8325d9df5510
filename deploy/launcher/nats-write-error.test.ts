import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { keptWriteError } from './nats-write-error.ts';

/** As nats-server 2.14 says it. */
const REFUSING = {
  status: 'unavailable',
  error: "JetStream stream '$G > ACTIONS' write error: write …/msgs/1.blk: no space left on device",
};

test.each([
  ['a write error while the disk has room', 503, REFUSING, tmpdir(), true],
  ['a write error on a disk that cannot be looked at', 503, REFUSING, '/nowhere', false],
  ['another reason', 503, { status: 'unavailable', error: 'JetStream is not enabled' }, tmpdir(), false],
  ['health', 200, { status: 'ok' }, tmpdir(), false],
])('%s', async (_name, status, body, dir, kept) => {
  const server = createServer((_request, response) => response.writeHead(status).end(JSON.stringify(body)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    expect(await keptWriteError((server.address() as AddressInfo).port, dir)()).toBe(kept);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a server that does not answer', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  expect(await keptWriteError(port, tmpdir())()).toBe(false);
});
