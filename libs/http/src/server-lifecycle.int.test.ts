import { StartupError } from '@techno/kernel';
import { describe, expect, test } from 'vitest';

import { createHttpServer } from './server.ts';
import { rawClient } from './testing/raw-client.ts';
import { gate, route, startServer } from './testing/test-server.ts';

const ok = () => ({ status: 200, body: { ok: true } });

describe('listening and closing', () => {
  test('a port that is in use fails with PORT_IN_USE, also against another kind of server and on another address', async () => {
    const { port } = await startServer([]);
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const second = createHttpServer({ host, port, routes: [] });
      await expect(second.listen()).rejects.toMatchObject({ code: 'PORT_IN_USE', fix: expect.stringContaining(`${port}`) });
      await second.close(0);
    }
  });

  test('a host that is not ours fails with LISTEN_FAILED and says why', async () => {
    const server = createHttpServer({ host: '203.0.113.1', port: 0, routes: [] });
    await expect(server.listen()).rejects.toThrow(StartupError);
    await expect(server.listen()).rejects.toThrow(/203\.0\.113\.1:0: EADDRNOTAVAIL/);
    await server.close(0);
  });

  test('an idle connection is kept for longer than its client is told', async () => {
    const server = await startServer([route('GET', '/', ok)]);
    const client = await rawClient(server.port);
    const began = performance.now();
    client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, seconds] = /\r\nkeep-alive: timeout=(\d+)\r\n/.exec(await client.closed()) ?? [];
    expect(performance.now() - began).toBeGreaterThan(Number(seconds) * 1_000);
  });

  test('close waits for what is in flight, tells clients to go, and refuses new connections', async () => {
    const busy = gate();
    const entered = gate();
    const server = await startServer([
      route('GET', '/slow', async () => {
        entered.resolve();
        await busy.promise;
        return ok();
      }),
    ]);
    const idle = await rawClient(server.port);
    const client = await rawClient(server.port);
    client.send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await entered.promise;
    const closed = server.close(20_000);
    await expect(fetch(server.url)).rejects.toThrow();
    busy.resolve();
    expect(await client.closed()).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*Connection: close[^]*\{"ok":true\}$/);
    await closed;
    expect(await idle.closed()).toBe('');
    expect(server.inFlight()).toBe(0);
  });

  test('past the grace period the rest is answered 503 with its signal aborted', async () => {
    const aborted = gate<unknown>();
    const entered = gate();
    const server = await startServer([
      route('GET', '/never', ({ signal }) => {
        signal.addEventListener('abort', () => aborted.resolve(signal.reason));
        entered.resolve();
        return new Promise(() => undefined);
      }),
    ]);
    const response = fetch(`${server.url}/never`);
    await entered.promise;
    await server.close(10);
    expect(await aborted.promise).toMatchObject({ message: 'SERVER_CLOSING' });
    expect([(await response).status, await (await response).json()]).toEqual([
      503,
      expect.objectContaining({ code: 'SERVER_CLOSING' }),
    ]);
  });

  test('a port is free again as soon as close has resolved', async () => {
    const first = createHttpServer({ host: '127.0.0.1', port: 0, routes: [] });
    await first.listen();
    await first.close(0);
    const second = createHttpServer({ host: '127.0.0.1', port: first.port, routes: [] });
    await second.listen();
    await second.close(0);
    expect(second.port).toBe(first.port);
  });
});
