import { once } from 'node:events';

import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { defineRoute } from './route.ts';
import { lastBody, rawClient } from './testing/raw-client.ts';
import { gate, route, startServer } from './testing/test-server.ts';

const echo = defineRoute({
  method: 'POST',
  path: '/echo',
  operationId: 'echo',
  summary: 'Answers its body',
  tags: [],
  security: 'none',
  body: z.unknown(),
  responses: { 200: { description: 'The body' } },
  handler: async ({ body }) => ({ status: 200, body: { echo: body } }),
});
const hello = route('GET', '/hello', () => ({ status: 200, text: 'hello', contentType: 'text/plain' }));
const head = (...lines: string[]) =>
  `POST /echo HTTP/1.1\r\nHost: x\r\ncontent-type: application/json\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

describe('framing', () => {
  test.each(['chunked', 'Chunked', 'CHUNKED'])('Transfer-Encoding: %s carries the body', async (coding) => {
    const { port } = await startServer([echo]);
    const client = await rawClient(port);
    client.send(`${head(`Transfer-Encoding: ${coding}`)}5\r\n[1,2,\r\n2\r\n3]\r\n0\r\n\r\n`);
    expect(lastBody(await client.until(/\}$/))).toEqual({ echo: [1, 2, 3] });
    client.destroy();
  });

  test('two lengths: 400, and the connection ends', async () => {
    const { port } = await startServer([echo]);
    const client = await rawClient(port);
    client.send(`${head('Content-Length: 2', 'Content-Length: 40')}{}`);
    const received = await client.closed();
    expect(received).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*Connection: close/);
    expect(lastBody(received)).toMatchObject({ code: 'FRAMING_INVALID' });
  });

  test.each([
    ['two lengths', ['Content-Length: 2', 'Content-Length: 40']],
    ['a coding beside chunked', ['Transfer-Encoding: gzip, chunked']],
    ['a coding that only ends like chunked', ['Transfer-Encoding: xchunked']],
    ['a length beside chunked', ['Content-Length: 2', 'Transfer-Encoding: chunked']],
    ['a signed length', ['Content-Length: +2']],
    ['a length in hex', ['Content-Length: 0x2']],
  ])('%s: what stands behind it is not read as a second request', async (_what, lines) => {
    let handled = 0;
    const { port } = await startServer([echo, route('GET', '/smuggled', () => ({ status: 200, body: (handled += 1) }))]);
    const client = await rawClient(port);
    client.send(`${head(...lines)}{}GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await client.closed()).toMatch(/^(?:HTTP\/1.1 400 Bad Request\r\n(?![^]*HTTP\/1.1 200)|$)/);
    expect(handled).toBe(0);
  });

  test('Expect: 100-continue is granted by µWebSockets, also before a 413', async () => {
    const { port } = await startServer([echo], { bodyLimitBytes: 100 });
    const client = await rawClient(port);
    client.send(head('Content-Length: 2', 'Expect: 100-continue'));
    await client.until(/^HTTP\/1.1 100 Continue\r\n\r\n/);
    client.send('{}');
    expect(lastBody(await client.until(/\}\}$/))).toEqual({ echo: {} });
    client.destroy();
    const second = await rawClient(port);
    second.send(head('Content-Length: 101', 'Expect: 100-continue'));
    expect(await second.until(/\}$/)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 413 /);
    second.destroy();
  });
});

describe('size', () => {
  test('a declared length over the limit: 413 at once, before a byte of the body; the connection serves on after discarding it', async () => {
    const { port } = await startServer([echo, hello], { bodyLimitBytes: 1000 });
    const client = await rawClient(port);
    client.send(head('Content-Length: 300000'));
    const refused = await client.until(/\}$/);
    expect(refused).toMatch(/^HTTP\/1.1 413 [^]*application\/problem\+json/);
    expect(lastBody(refused)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', detail: 'a body may have at most 1000 bytes' });
    client.send(Buffer.alloc(300_000, 0x61));
    client.send('GET /hello HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await client.until(/hello$/)).toContain('HTTP/1.1 200 OK');
    client.destroy();
  });

  test('a streamed body: 413 as soon as the limit is passed, and the connection ends', async () => {
    const { port } = await startServer([echo], { bodyLimitBytes: 1000 });
    const client = await rawClient(port);
    client.send(head('Transfer-Encoding: chunked'));
    const chunk = `1f4\r\n${'a'.repeat(500)}\r\n`;
    client.send(chunk + chunk);
    client.send(chunk);
    const received = await client.closed();
    expect(received).toMatch(/^HTTP\/1.1 413 [^]*Connection: close/);
    expect(lastBody(received)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('exactly the limit is taken', async () => {
    const { url } = await startServer([echo], { bodyLimitBytes: 1000 });
    const headers = { 'content-type': 'application/json' };
    const post = (size: number) => fetch(`${url}/echo`, { method: 'POST', headers, body: JSON.stringify('a'.repeat(size - 2)) });
    expect((await post(1000)).status).toBe(200);
    expect((await post(1001)).status).toBe(413);
  });

  test('a gigantic declared length ends the connection with its 413', async () => {
    const { port } = await startServer([echo]);
    const client = await rawClient(port);
    client.send(head('Content-Length: 99999999999'));
    expect(await client.closed()).toMatch(/^HTTP\/1.1 413 [^]*Connection: close/);
  });

  test('headers beyond 4 KiB: 431', async () => {
    const { port } = await startServer([hello]);
    const client = await rawClient(port);
    client.send(`GET /hello HTTP/1.1\r\nHost: x\r\nx-big: ${'a'.repeat(5000)}\r\n\r\n`);
    expect(await client.closed()).toMatch(/^HTTP\/1.1 431 Request Header Fields Too Large/);
  });
});

describe('time', () => {
  test('a body that does not come: 408, and the connection ends', async () => {
    const { port, inFlight } = await startServer([echo], { bodyTimeoutMs: 50 });
    const client = await rawClient(port);
    client.send(`${head('Content-Length: 10')}{"a"`);
    const received = await client.closed();
    expect(received).toMatch(/^HTTP\/1.1 408 [^]*Connection: close/);
    expect(lastBody(received)).toMatchObject({ code: 'BODY_TIMEOUT' });
    expect(inFlight()).toBe(0);
  });

  test('a client that leaves in the middle of its body is forgotten, and no handler runs', async () => {
    const gone = gate<number>();
    let handled = 0;
    const { port, inFlight } = await startServer(
      [route('POST', '/raw', () => ({ status: 200, body: (handled += 1) }), { rawBody: true })],
      {
        observer: { requestEnded: ({ status }) => gone.resolve(status) },
      },
    );
    const client = await rawClient(port);
    client.send('POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc');
    client.socket.end();
    client.destroy();
    expect(await gone.promise).toBe(499);
    expect([inFlight(), handled]).toEqual([0, 0]);
  });
});

describe('malformed requests', () => {
  test.each([
    ['another protocol version', 'GET /hello HTTP/1.0\r\n\r\n', /^HTTP\/1.1 505 /],
    ['a target that is no path', 'GET hello HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1.1 \d{3} /],
    ['a chunk size that is no number', `${head('Transfer-Encoding: chunked')}zz\r\n`, /^HTTP\/1.1 400 /],
  ])('%s is answered and the connection ends', async (_what, bytes, expected) => {
    const { port } = await startServer([echo, hello]);
    const client = await rawClient(port);
    client.send(bytes);
    const received = await client.closed();
    expect(received).toMatch(expected);
    expect(received).not.toMatch(/\.ts:|node_modules/);
  });

  test('keys that would pollute prototypes arrive nowhere', async () => {
    const { url } = await startServer([echo]);
    const headers = { 'content-type': 'application/json', __proto__: 'x' };
    const response = await fetch(`${url}/echo?__proto__[x]=1`, { method: 'POST', headers, body: '{"__proto__":{"polluted":1}}' });
    expect(response.status).toBe(400);
    expect('polluted' in {}).toBe(false);
  });
});

describe('pipelining', () => {
  test('requests answered in the same turn are answered in order', async () => {
    const { port } = await startServer([hello]);
    const client = await rawClient(port);
    client.send(
      'GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    const received = await client.until(/hello[^]*hello/);
    expect(received.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
    client.destroy();
  });

  test('a request pipelined behind an unanswered one ends that connection, and touches no other', async () => {
    const busy = gate();
    const signal = gate<AbortSignal>();
    const { port } = await startServer([
      hello,
      route('GET', '/slow', async (context) => {
        signal.resolve(context.signal);
        await busy.promise;
        return { status: 200, text: 'slow', contentType: 'text/plain' };
      }),
    ]);
    const bystander = await rawClient(port);
    bystander.send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    const client = await rawClient(port);
    client.send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await client.closed()).toBe('');
    busy.resolve();
    expect(await bystander.until(/slow$/)).toMatch(/^HTTP\/1.1 200 OK/);
    bystander.destroy();
    expect((await signal.promise).aborted).toBe(false);
  });
});

test('two hundred connections that send garbage leave the server answering', async () => {
  const { port, url } = await startServer([hello]);
  const sockets = await Promise.all(Array.from({ length: 200 }, () => rawClient(port)));
  for (const [index, { socket }] of sockets.entries())
    socket.write(Buffer.from([0x16, 0x03, 0x01, index % 256, 0x0d, 0x0a, 0x0d, 0x0a]));
  expect(await (await fetch(`${url}/hello`)).text()).toBe('hello');
  await Promise.all(
    sockets.map(async ({ socket }) => {
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    }),
  );
});
