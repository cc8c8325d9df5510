import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { faultOf, openConnection, requestBytes } from './connection.ts';

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{"status":"COMPLETED"}';

describe('faultOf', () => {
  it('finds a whole good answer good, and no part of it', () => {
    for (let length = 0; length < GOOD.length; length++) {
      expect(faultOf(GOOD.slice(0, length), '"COMPLETED"')).toBe('incomplete');
    }
    expect(faultOf(GOOD, '"COMPLETED"')).toBeUndefined();
  });

  it.each([
    ['another status', GOOD.replace('200', '202'), /^status 202: \{"status"/],
    ['another body', GOOD.replace('COMPLETED', 'DISCARDED'), /^unexpected answer: \{/],
    [
      'an expected word outside the body',
      GOOD.replace('OK', '"COMPLETED"').replace('"COMPLETED"}', '"DISCARDED"}'),
      /^unexpected/,
    ],
    ['no length', GOOD.replace('Content-Length', 'X'), /^unreadable/],
  ])('finds fault with %s', (_, text, fault) => expect(faultOf(text, '"COMPLETED"')).toMatch(fault));
});

it('uses a connection again, and opens another where it was idle for long', async () => {
  let opened = 0;
  const server = createServer((_request, response) => void response.end('{"status":"COMPLETED"}'));
  server.on('connection', () => void (opened += 1));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const target = { host: '127.0.0.1', port, path: '/', headers: {}, body: '{}', expect: 'COMPLETED' };
  const connection = openConnection(target, requestBytes(target));
  const send = () => new Promise<string | undefined>((resolve) => connection.send(resolve));
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    expect([await send(), await send(), opened]).toEqual([undefined, undefined, 1]);
    vi.advanceTimersByTime(5_000);
    expect([await send(), await send(), opened]).toEqual([undefined, undefined, 2]);
  } finally {
    vi.useRealTimers();
    connection.close();
    await new Promise((resolve) => server.close(resolve));
  }
});
