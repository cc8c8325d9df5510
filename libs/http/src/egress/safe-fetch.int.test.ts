import { type IncomingMessage, type RequestListener, createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, type Server, createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { TemporaryError, TerminalError } from '@techno/kernel';
import { describe, expect, onTestFinished, test } from 'vitest';

import { cert, key } from '../testing/secure-example.ts';
import { createSafeFetch } from './safe-fetch.ts';
import type { Resolve, ResolvedAddress } from './target.ts';

async function listening(server: Server, where = { host: '127.0.0.1', port: 0 }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(where, resolve));
  onTestFinished(() => {
    if ('closeAllConnections' in server) (server as unknown as { closeAllConnections(): void }).closeAllConnections();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port;
}

const upstream = (listener: RequestListener) => listening(createServer(listener));
const LOOPBACK: ResolvedAddress = { address: '127.0.0.1', family: 4 };
const toLoopback: Resolve = async () => [LOOPBACK];

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

describe('what it will not reach', () => {
  const fetch = createSafeFetch({ allow: [], resolve: toLoopback });

  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://127.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127。0。0。1/',
    'http://１２７.0.0.1/',
    'http://%31%32%37.0.0.1/',
    'http://127.0.0.1./',
    'http://0/',
    'http://0.0.0.0:8080/',
    'http://[::]/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/latest/meta-data/',
    'http://100.64.0.1/',
    'http://10.0.0.1/',
    'https://192.168.0.1/',
    'http://255.255.255.255/',
    'http://224.0.0.1/',
    'http://localhost/',
    'http://metadata.google.internal/',
    'http://innocent.example/',
  ])('%s', async (url) => {
    const error = await fetch(url).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TerminalError);
    expect(error).toMatchObject({ code: 'EGRESS_FORBIDDEN' });
  });

  test.each([
    'file:///etc/passwd',
    'ftp://a.example/',
    'data:text/plain,x',
    'javascript:1',
    'http://user:pw@a.example/',
    'http://',
    'nonsense',
    'http://[::1',
  ])('%s is no URL for it', (url) => expect(fetch(url)).rejects.toMatchObject({ code: 'EGRESS_URL_INVALID' }));

  test('a name of which only one address is private', async () => {
    const mixed = createSafeFetch({ allow: [], resolve: async () => [{ address: '8.8.8.8', family: 4 }, LOOPBACK] });
    await expect(mixed('http://mixed.example/')).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
  });

  test('a private address behind a redirect, by literal or by name; the allowed stand-in stays reachable', async () => {
    let reached = 0;
    const secret = await upstream((_request, response) => void response.end(String((reached += 1))));
    for (const location of [`http://127.0.0.1:${secret}/`, `http://2130706433:${secret}/`, `http://inner.example:${secret}/`]) {
      const port = await upstream((_request, response) => void response.writeHead(302, { location }).end());
      const exempt = createSafeFetch({ allow: [`127.0.0.1:${port}`], resolve: toLoopback });
      await expect(exempt(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    }
    expect(reached).toBe(0);
  });

  test('rebinding: a name that turns private after it was checked is not asked again', async () => {
    let asked = 0;
    const turning: Resolve = async () => (asked++ === 0 ? [{ address: '192.0.2.1', family: 4 }] : [LOOPBACK]);
    const strict = createSafeFetch({ allow: [], resolve: turning });
    await expect(strict('http://rebind.example/')).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    expect(asked).toBe(1);
  });

  test('rebinding: the connection goes to the address that was checked, whatever the name means a moment later', async () => {
    const port = await upstream((_request, response) => void response.end('rebound'));
    const checked = createServer((_request, response) => void response.end('checked'));
    await listening(checked, { host: '127.0.0.2', port });
    let asked = 0;
    const flip: Resolve = async () => (asked++ === 0 ? [{ address: '127.0.0.2', family: 4 }] : [LOOPBACK]);
    const fetch = createSafeFetch({ allow: [`flip.example:${port}`], resolve: flip });
    expect((await fetch(`http://flip.example:${port}/`)).body.toString()).toBe('checked');
    expect(asked).toBe(1);
    expect((await fetch(`http://flip.example:${port}/`)).body.toString()).toBe('rebound');
  });
});

describe('an exchange with an allowed stand-in', () => {
  test('sends method, headers, body and idempotency key, keeps Host the name, and returns any status', async () => {
    const port = await upstream((request, response) => {
      response.writeHead(418, { 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] });
      const { method, url, headers } = request;
      void text(request).then((body) =>
        response.end(JSON.stringify([method, url, headers.host, headers['idempotency-key'], body])),
      );
    });
    const fetch = createSafeFetch({ allow: [`api.example:${port}`], resolve: toLoopback });
    const answer = await fetch(`http://api.example:${port}/a?b=c#d`, {
      method: 'put',
      body: 'été',
      idempotencyKey: 'tr_1',
      headers: { Host: 'evil.example', 'Content-Length': '1' },
    });
    expect(answer).toMatchObject({ status: 418, url: `http://api.example:${port}/a?b=c`, redirects: 0 });
    expect(answer.headers).toMatchObject({ 'x-answer': 'yes', 'set-cookie': 'a=1, b=2' });
    expect(JSON.parse(answer.body.toString())).toEqual(['PUT', '/a?b=c', `api.example:${port}`, 'tr_1', 'été']);
  });

  test('follows redirects up to the cap; with a cap of 0 the redirect is the answer', async () => {
    const port = await upstream((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
      else response.end('arrived');
    });
    const fetch = createSafeFetch({ allow: [`127.0.0.1:${port}`] });
    const answer = await fetch(`http://127.0.0.1:${port}/3`, { maxRedirects: 3 });
    expect([answer.body.toString(), answer.redirects, answer.url]).toEqual(['arrived', 3, `http://127.0.0.1:${port}/0`]);
    await expect(fetch(`http://127.0.0.1:${port}/4`, { maxRedirects: 3 })).rejects.toMatchObject({
      code: 'EGRESS_TOO_MANY_REDIRECTS',
    });
    expect(await fetch(`http://127.0.0.1:${port}/4`, { maxRedirects: 0 })).toMatchObject({
      status: 302,
      headers: { location: '/3' },
    });
  });

  test('a credential does not follow to another origin', async () => {
    const seen: unknown[] = [];
    const other = await upstream((request, response) => {
      seen.push(request.headers.authorization, request.headers.cookie, request.headers['x-api-key']);
      response.end();
    });
    const port = await upstream(
      (_request, response) => void response.writeHead(307, { location: `http://127.0.0.1:${other}/` }).end(),
    );
    const fetch = createSafeFetch({ allow: [`127.0.0.1:${port}`, `127.0.0.1:${other}`] });
    await fetch(`http://127.0.0.1:${port}/`, { headers: { Authorization: 'Bearer s', cookie: 'c=1', 'x-api-key': 'k' } });
    expect(seen).toEqual([undefined, undefined, undefined]);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('decodes %s, and caps what comes out of it', async (encoding, compress) => {
    const port = await upstream((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(compress(Buffer.alloc(1_000_000, 'a')));
    });
    const fetch = createSafeFetch({ allow: [`127.0.0.1:${port}`] });
    const url = `http://127.0.0.1:${port}/`;
    expect((await fetch(url, { maxBytes: 1_000_000 })).body).toHaveLength(1_000_000);
    await expect(fetch(url, { maxBytes: 999_999 })).rejects.toMatchObject({ code: 'EGRESS_TOO_LARGE' });
  });

  test('caps declared and streamed sizes alike, without waiting for the end', async () => {
    const port = await upstream((request, response) => {
      if (request.url === '/declared') response.writeHead(200, { 'content-length': 5_000_000 });
      response.write(Buffer.alloc(2000));
    });
    const fetch = createSafeFetch({ allow: [`127.0.0.1:${port}`] });
    for (const path of ['declared', 'streamed']) {
      await expect(fetch(`http://127.0.0.1:${port}/${path}`, { maxBytes: 1000 })).rejects.toMatchObject({
        code: 'EGRESS_TOO_LARGE',
      });
    }
  });

  test('over TLS the certificate is held against the name, not the pinned address', async () => {
    const server = createSecureServer({ key, cert }, (request, response) => {
      const location = `http://secure.example:${port}/`;
      if (request.url === '/down') response.writeHead(302, { location }).end();
      else response.end((request.socket as unknown as { servername: string }).servername);
    });
    const port = await listening(server);
    const fetch = createSafeFetch({ allow: [`secure.example:${port}`, `other.example:${port}`], resolve: toLoopback, ca: cert });
    expect((await fetch(`https://secure.example:${port}/`)).body.toString()).toBe('secure.example');
    await expect(fetch(`https://secure.example:${port}/down`)).rejects.toMatchObject({ code: 'EGRESS_REDIRECT_DOWNGRADE' });
    await expect(fetch(`https://other.example:${port}/`)).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      requestSent: false,
    });
  });
});

describe('an upstream that fails', () => {
  const failing = async (listener: RequestListener, options: Parameters<ReturnType<typeof createSafeFetch>>[1] = {}) => {
    const port = await upstream(listener);
    return createSafeFetch({ allow: [`127.0.0.1:${port}`] })(`http://127.0.0.1:${port}/`, options).catch(
      (thrown: unknown) => thrown,
    );
  };

  test('that never answers: UPSTREAM_TIMEOUT, and the request may have had an effect', async () => {
    const error = await failing(() => undefined, { timeoutMs: 50 });
    expect(error).toBeInstanceOf(TemporaryError);
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT', requestSent: true });
  });

  test('that drips its body: the time counts for the whole', async () => {
    const error = await failing(
      (request, response) => {
        const drip = setInterval(() => response.write('x'), 10);
        request.socket.once('close', () => clearInterval(drip));
      },
      { timeoutMs: 80 },
    );
    expect(error).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  });

  test('a name server that never answers counts too', async () => {
    const fetch = createSafeFetch({ allow: [], resolve: () => new Promise(() => undefined) });
    await expect(fetch('http://slow.example/', { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      requestSent: false,
    });
  });

  test('that is not there: UPSTREAM_UNREACHABLE, surely without effect', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const fetch = createSafeFetch({ allow: [`127.0.0.1:${port}`] });
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE', requestSent: false });
  });

  test('a name that does not resolve: UPSTREAM_UNREACHABLE', async () => {
    const fetch = createSafeFetch({
      allow: [],
      resolve: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    });
    await expect(fetch('http://nowhere.example/')).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE', requestSent: false });
    const empty = createSafeFetch({ allow: [], resolve: async () => [] });
    await expect(empty('http://nowhere.example/')).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
  });

  test('that hangs up: UPSTREAM_UNREACHABLE, the outcome unclear', async () => {
    expect(await failing((request) => void request.socket.destroy())).toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      requestSent: true,
    });
  });

  test.each([
    'not http at all\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nxyz',
    'HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 1\r\n\r\nx',
  ])('that answers nonsense (%j): UPSTREAM_INVALID_RESPONSE', async (bytes) => {
    const port = await listening(
      createTcpServer(
        (socket) =>
          void socket
            .on('error', () => undefined)
            .resume()
            .end(bytes),
      ),
    );
    const fetch = createSafeFetch({ allow: [`127.0.0.1:${port}`] });
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
      requestSent: true,
    });
  });

  test('given up by the caller: UPSTREAM_ABORTED, before and during the request', async () => {
    const controller = new AbortController();
    const error = await failing(() => controller.abort(), { signal: controller.signal });
    expect(error).toMatchObject({ code: 'UPSTREAM_ABORTED', requestSent: true });
    expect(await failing(() => undefined, { signal: AbortSignal.abort() })).toMatchObject({
      code: 'UPSTREAM_ABORTED',
      requestSent: false,
    });
  });

  test('a header that cannot be sent is the caller’s fault', async () => {
    expect(await failing(() => undefined, { headers: { 'x-a': 'b\r\nc: d' } })).toMatchObject({ code: 'EGRESS_REQUEST_INVALID' });
  });
});
